// The page about a run as a person uses it: opened, searched, filtered, sorted, unfolded, by keys, on a
// phone, in the dark. Run by `cargo xtask report-test`: node pages.mjs BROWSER FOLDER DEMO TIMED LARGE
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [browserPath, folder, demo, timed, large] = process.argv.slice(2);
const { chromium } = createRequire(join(resolve(folder), "x.js"))("playwright-core");

const browser = await chromium.launch({
  executablePath: browserPath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run"],
});
let passed = 0, failed = 0;
const that = (claim, found) => {
  if (found) passed += 1;
  else { failed += 1; console.error(`FAILED: ${claim}`); }
};

// Whatever a page says or asks for is kept.
const open = async (file, options) => {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const said = [], asked = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("request", (request) => { if (request.url() !== url && !request.url().startsWith("data:")) asked.push(request.url()); });
  await page.goto(url);
  const close = async (name) => {
    that(`${name}: nothing in the console, found ${said.join("; ")}`, said.length === 0);
    that(`${name}: no network, found ${asked.join(" ")}`, asked.length === 0);
    await context.close();
  };
  return { page, close };
};
const visible = (page, selector) => page.locator(`${selector}:visible`).count();
const shot = (page, name) => page.screenshot({ path: join(folder, `${name}.png`) });
const rows = (page) => page.locator("#drop-list tbody tr").count();
const state = (page) => page.locator("#drop-list [role=status]").textContent();
const fitsWidth = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

async function demoPage() {
  const { page, close } = await open(demo, { viewport: { width: 1200, height: 1600 } });
  await shot(page, "demo");
  that("the total is shown", (await page.locator(".total").textContent()).includes("48 documents read"));
  const stories = await visible(page, "#stories article");
  that("there are stories", stories > 5);

  await page.fill('input[data-search="article"]', "ferry");
  await page.waitForFunction(() => document.querySelector('[data-found="article"]').textContent.startsWith("1 of"));
  that("searching leaves one story", await visible(page, "#stories article") === 1);
  await page.fill('input[data-search="article"]', "");
  await page.selectOption('select[data-kind-of="article"]', "contained");
  const contained = await visible(page, "#stories article");
  that("a kind leaves some stories", contained > 0 && contained < stories);
  await page.selectOption('select[data-kind-of="article"]', "");

  const copy = page.locator("#stories details", { hasText: "ferry-strike-dailydigest" }).first();
  await copy.locator("summary").click();
  that("both texts are shown", await copy.locator(".sides .text").count() === 2);
  that("shared passages are marked in both", await copy.locator(".sides > div").nth(0).locator("mark").count() > 1
    && await copy.locator(".sides > div").nth(1).locator("mark").count() > 1);
  await copy.scrollIntoViewIfNeeded();
  await shot(page, "side-by-side");

  const all = await rows(page);
  that("every dropped document is listed", all === 14);
  await page.click('.legend a[data-kind="rewrite"]');
  that("a kind in the legend narrows the list down", await rows(page) === 5);
  await page.click('.legend a[data-kind="exact"]');
  that("another kind does too", await rows(page) === 2);
  await page.selectOption('select[data-kind-of="drops"]', "");
  await page.click("#drop-list th:nth-child(6) button");
  const titles = await page.locator("#drop-list tbody td:nth-child(6)").allTextContents();
  that("titles are in order", titles.join("\n") === [...titles].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join("\n"));
  that("the order is told", await page.locator('#drop-list th[aria-sort="ascending"]').count() === 1);
  await page.locator("#drop-list tbody a", { hasText: "club-sale-sportsround" }).click();
  await page.waitForFunction(() => document.querySelector("#stories details:target")?.open);
  that("a row leads to the texts", true);

  const miss = page.locator("details.miss").first();
  await miss.locator("summary").click();
  that("a near miss has its reason", (await miss.textContent()).includes("No copy because of"));
  that("a near miss has both texts", await miss.locator(".sides .text").count() === 2);
  await page.fill('input[data-search="cut"]', "image source");
  await page.waitForFunction(() => document.querySelector('[data-found="cut"]').textContent.includes(" of "));
  that("a cut line is found", await visible(page, "details.cut") >= 1);
  that("rules without it are hidden", await visible(page, "details.cut") < await page.locator("details.cut").count());
  that("thresholds are drawn", await page.locator(".histogram line").count() === 2);
  that("who copies whom is shown", await page.locator("#sources").isVisible());
  await close("demo");
}

async function keyboard() {
  const { page, close } = await open(demo, { viewport: { width: 1200, height: 900 } });
  await page.keyboard.press("Tab");
  that("the first stop skips the navigation", await page.evaluate(() => document.activeElement.className === "skip"));
  await page.keyboard.press("/");
  that("/ goes to a search field", await page.evaluate(() => document.activeElement.matches("input[data-search=article]")));
  await page.keyboard.type("telescope");
  await page.waitForFunction(() => document.querySelector('[data-found="article"]').textContent.startsWith("1 of"));
  await page.keyboard.press("Escape");
  that("Esc clears the search", await visible(page, "#stories article") > 5);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  that("Enter opens what j and k reached", await page.evaluate(() => document.activeElement.closest("details").open));
  await close("keyboard");
}

async function phone() {
  for (const colorScheme of ["light", "dark"]) {
    const { page, close } = await open(demo, { viewport: { width: 360, height: 740 }, colorScheme, hasTouch: true });
    that(`${colorScheme}: nothing stands out at phone width`, await fitsWidth(page));
    await page.locator("#stories details summary").first().tap();
    that(`${colorScheme}: nor when a copy is open`, await fitsWidth(page));
    const [ink, paper] = await page.evaluate(() => {
      const { color, backgroundColor } = getComputedStyle(document.body);
      return [color, backgroundColor].map((text) => text.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0));
    });
    that(`${colorScheme}: ink and paper`, colorScheme === "dark" ? ink > paper + 300 : paper > ink + 300);
    await shot(page, `phone-${colorScheme}`);
    await close(`phone, ${colorScheme}`);
  }
}

async function withoutScript() {
  const { page, close } = await open(demo, { viewport: { width: 1200, height: 900 }, javaScriptEnabled: false });
  that("stories stand there without script", await visible(page, "#stories article") > 5);
  that("fields that need it do not", await visible(page, "input") === 0);
  await close("without script");
}

async function timedPage() {
  const { page, close } = await open(timed, { viewport: { width: 1200, height: 900 } });
  const text = await page.locator("#pace").textContent();
  that("speed and memory of the run", /processor time/.test(text) && /of memory/.test(text) && /read/.test(text));
  await page.locator("#pace").scrollIntoViewIfNeeded();
  await shot(page, "pace");
  await close("timed");
}

async function largePage() {
  const begun = Date.now();
  const { page, close } = await open(large, { viewport: { width: 1200, height: 1200 } });
  const loaded = Date.now() - begun;
  that("100,000 dropped documents are there", (await state(page)).includes("100000 of 100000 documents"));
  that("rows are made for one page only", await rows(page) === 50);
  await page.keyboard.press("]");
  that("] turns the page", (await state(page)).startsWith("page 2 of 2000"));
  const typed = Date.now();
  await page.fill('input[data-search="drops"]', "s321-77 ");
  await page.waitForFunction(() => document.querySelectorAll("#drop-list tbody tr").length === 1);
  const searched = Date.now() - typed;
  await page.fill('input[data-search="drops"]', "onerror");
  await page.waitForFunction(() => document.querySelector("#drop-list [role=status]").textContent.includes(", 200 of"));
  that("markup in documents stays text", await page.locator("img").count() === 0);
  that("marks that turn text around are shown", (await page.locator("#drop-list tbody tr").first().textContent()).includes("\\u{202e}"));
  that("the heat map has sources", await page.locator(".heat tbody tr").count() > 5);
  that("time lines are drawn", await page.locator("svg.dots").count() > 5);
  await page.locator("#drops").scrollIntoViewIfNeeded();
  await shot(page, "large");
  console.log(`100,000 dropped documents: open after ${loaded} ms, searched in ${searched} ms`);
  await close("large");
}

for (const part of [demoPage, keyboard, phone, withoutScript, timedPage, largePage]) {
  try {
    await part();
  } catch (error) {
    failed += 1;
    console.error(`FAILED: ${part.name}: ${error}`);
  }
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
