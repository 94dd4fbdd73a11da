//! Files, folders, patterns and lists: what is found, in which order, under which ids.

use unecho_fetch::{Config, ErrorKind, Limits, resolve};

use crate::{Folder, ids_of, link, paths_of, shown};

fn rejected_of(folder: &Folder, inputs: &[&str]) -> Vec<String> {
    let show = |rejected| shown(&unecho_fetch::Fetched::Rejected(rejected));
    folder.resolve(inputs).rejected.into_iter().map(show).collect()
}

fn news() -> Folder {
    Folder::with(&[
        ("news/b.txt", b"b"),
        ("news/a.html", b"<p>a"),
        ("news/2024/c.jsonl.gz", &crate::gzip(b"{\"text\":\"c\"}")),
        ("news/2024/d.MD", b"d"),
        ("news/image.png", b"\x89PNG"),
        ("news/.hidden.txt", b"hidden"),
        ("news/.git/e.txt", b"hidden"),
        ("news/folder.txt/f.txt", b"f"),
    ])
}

#[test]
fn a_folder_is_all_that_is_readable_below_it() {
    let folder = news();
    let sources = folder.resolve(&["news"]);
    let expect =
        ["news/2024/c.jsonl.gz", "news/2024/d.MD", "news/a.html", "news/b.txt", "news/folder.txt/f.txt"];
    assert_eq!(paths_of(&folder, &sources), expect);
    assert_eq!(ids_of(&sources), ["2024/c:1", "2024/d", "a", "b", "folder.txt/f"]);
    assert_eq!(sources.skipped.n_files, 1);
    assert_eq!(folder.short(&sources.skipped.paths[0]), "news/image.png");
    assert_eq!(sources.sources[3].size_bytes(), Some(1));
}

#[test]
fn the_order_of_inputs_does_not_matter() {
    let folder = news();
    let inputs = ["news/2024", "news/b.txt", "news/*.html", "news", "nowhere", "news/./b.txt"];
    let forwards = folder.resolve(&inputs);
    let mut reversed = inputs;
    reversed.reverse();
    assert_eq!(folder.resolve(&reversed), forwards);
    assert_eq!(
        paths_of(&folder, &forwards),
        ["news/./b.txt", "news/2024/c.jsonl.gz", "news/2024/d.MD", "news/a.html", "news/folder.txt/f.txt"]
    );
    assert_eq!(ids_of(&forwards), ["b", "2024/c:1", "2024/d", "a", "folder.txt/f"]);
}

#[test]
fn a_named_file_is_read_whatever_it_is_called() {
    let folder = news();
    let sources = folder.resolve(&["news/image.png", "news/.hidden.txt", "news"]);
    assert_eq!(ids_of(&sources), [".hidden", "2024/c:1", "2024/d", "a", "b", "folder.txt/f", "! image.png"]);
    assert_eq!(sources.skipped.n_files, 0);
}

#[test]
fn ids_are_paths_below_what_was_named() {
    let folder = news();
    assert_eq!(ids_of(&folder.resolve(&["news/2024/d.MD"])), ["d"]);
    assert_eq!(ids_of(&folder.resolve(&["news/*/*.MD"])), ["2024/d"]);
    assert_eq!(ids_of(&folder.resolve(&["news/2024/"])), ["c:1", "d"]);
    assert_eq!(ids_of(&folder.resolve(&["news/../news/2024"])), ["c:1", "d"]);
}

#[test]
fn patterns_find_files() {
    let folder = news();
    let find = |pattern: &str| paths_of(&folder, &folder.resolve(&[pattern]));
    assert_eq!(find("news/*.txt"), ["news/b.txt"]);
    assert_eq!(find("news/**/*.txt"), ["news/b.txt", "news/folder.txt/f.txt"]);
    assert_eq!(find("*/[ab].{txt,html}"), ["news/a.html", "news/b.txt"]);
    assert_eq!(find("news/.*.txt"), ["news/.hidden.txt"]);
    assert_eq!(find("news/?????.png"), ["news/image.png"]);
}

#[test]
fn a_file_named_like_a_pattern_is_that_file() {
    let folder = Folder::with(&[("a[1].txt", b"a"), ("a1.txt", b"b")]);
    assert_eq!(paths_of(&folder, &folder.resolve(&["a[1].txt"])), ["a[1].txt"]);
    assert_eq!(paths_of(&folder, &folder.resolve(&["a[12].txt"])), ["a1.txt"]);
}

#[test]
fn what_leads_nowhere_is_rejected() {
    let folder = news();
    assert_eq!(rejected_of(&folder, &["nowhere.txt"]), ["! nowhere unreadable: no such file"]);
    assert_eq!(rejected_of(&folder, &["news/b.txt/x"]), ["! x unreadable: a part of the path is no folder"]);
    assert_eq!(rejected_of(&folder, &["news/*.rst"]), ["! *.rst unreadable: the pattern matches no file"]);
    assert_eq!(
        rejected_of(&folder, &["no/*.txt", "no/*.txt"]),
        ["! * unreadable: the pattern matches no file"]
    );
    assert_eq!(folder.resolve(&["nowhere.txt", "news/b.txt"]).sources.len(), 1);
}

#[test]
fn inputs_that_mean_nothing_are_errors() {
    let kind = |inputs: &[&str]| {
        let inputs: Vec<String> = inputs.iter().map(|&input| input.to_owned()).collect();
        resolve(&inputs, &Config::default()).unwrap_err().kind()
    };
    assert_eq!(kind(&[]), ErrorKind::NoInput);
    assert_eq!(kind(&["-", ""]), ErrorKind::EmptyLocator);
    assert_eq!(kind(&["nowhere/[a.txt"]), ErrorKind::BadPattern);
}

#[test]
#[cfg(unix)]
fn links_to_files_are_followed_and_links_to_folders_are_not() {
    let folder = news();
    link(folder.at("news/b.txt"), folder.at("news/2024/link.txt"));
    link("nowhere", folder.at("news/dangling.txt"));
    link("loop.txt", folder.at("news/loop.txt"));
    link("nowhere", folder.at("news/dangling.png"));
    link(folder.at("news"), folder.at("news/2024/round"));
    let sources = folder.resolve(&["news/2024"]);
    assert_eq!(ids_of(&sources), ["c:1", "d", "link"]);
    assert_eq!(sources.skipped.n_files, 1);
    let all = folder.resolve(&["news"]);
    assert_eq!(
        ids_of(&all),
        ["2024/c:1", "2024/d", "2024/link", "a", "folder.txt/f"],
        "one file under two names is read once"
    );
    let rejected = rejected_of(&folder, &["news"]);
    assert_eq!(rejected[0], "! dangling unreadable: no such file");
    assert!(rejected[1].starts_with("! loop unreadable: "), "{rejected:?}");
    assert_eq!(rejected.len(), 2);
    link(folder.at("news/2024"), folder.at("named"));
    assert_eq!(
        ids_of(&folder.resolve(&["named"])),
        ["c:1", "d", "link"],
        "a link named by itself is followed"
    );
}

#[test]
fn lists_name_one_locator_a_line() {
    let folder = news();
    let list = format!("{}\r\n\n{}\n", folder.locator("news/*.txt"), folder.locator("news/a.html"));
    folder.write("list", list.as_bytes());
    folder.write("broken", b"caf\xe9");
    let find = |list: &str, limits: Limits| {
        let config = Config { limits, ..Config::default() };
        resolve(&[format!("@{}", folder.locator(list))], &config).unwrap()
    };
    let sources = find("list", Limits::default());
    assert_eq!(paths_of(&folder, &sources), ["news/a.html", "news/b.txt"]);
    let reject = |list: &str, limits: Limits| {
        let rejected = find(list, limits).rejected;
        rejected
            .iter()
            .map(|rejected| format!("{}: {}", rejected.reason, rejected.detail))
            .collect::<Vec<_>>()
    };
    assert_eq!(reject("nowhere", Limits::default()), ["unreadable: no such file"]);
    assert_eq!(reject("broken", Limits::default()), ["invalid-encoding: the list is no UTF-8 at byte 4"]);
    let small = Limits { list_bytes_max: 3, ..Limits::default() };
    assert_eq!(reject("list", small), ["too-large: the list has more than 3 bytes (list_bytes_max)"]);
}

#[test]
fn skipped_files_are_listed_up_to_a_number() {
    let folder = Folder::with(&[("c.png", b""), ("a.png", b""), ("b.png", b""), ("x.txt", b"x")]);
    let config =
        Config { limits: Limits { skipped_listed_max: 2, ..Limits::default() }, ..Config::default() };
    let sources = resolve(&[folder.root().to_owned()], &config).unwrap();
    assert_eq!(sources.skipped.n_files, 3);
    assert_eq!(sources.skipped.paths, [folder.locator("a.png"), folder.locator("b.png")]);
}

#[test]
#[cfg(unix)]
fn names_that_are_no_text_are_read_all_the_same() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::with(&[("tab\there.txt", b"a")]);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.txt");
    std::fs::write(folder.at("").join(name), b"b").unwrap();
    assert_eq!(ids_of(&folder.resolve(&[""])), ["caf\\xe9", "tab\u{fffd}here"]);
    let named = [folder.at("").join(name).into_os_string()];
    assert_eq!(ids_of(&resolve(&named, &Config::default()).unwrap()), ["caf\\xe9"]);
}
