//! Function words of six languages, recognised by their folded form or by its hash.
//!
//! One list serves all texts, whatever their language: a word is in it when it is a function word
//! somewhere and no telling noun elsewhere (German "war" and French "car" are left out for their
//! English namesakes). English verbs of saying are in it, as a report has them everywhere.

use std::sync::LazyLock;

use crate::fold;
use xxhash_rust::xxh3::xxh3_64;

/// Name and version of the lists; whatever persists keys made without stop words keeps it beside them.
pub const STOP_WORDS_SCHEME: &str = "stop-words-v1";

/// Whether the folded word (see [`fold`]) is a stop word.
#[must_use]
pub fn is_stop_word(folded: &str) -> bool {
    is_stop_hash(xxh3_64(folded.as_bytes()))
}

/// Whether this is the hash of a stop word, as [`Words::hashes`](crate::Words::hashes) has it.
#[must_use]
pub fn is_stop_hash(word_hash: u64) -> bool {
    TABLE.contains(word_hash)
}

const ENGLISH: &str = "\
a an the and or but nor so yet if then than that this these those there here \
i me my mine myself we us our ours ourselves you your yours yourself yourselves \
he him his himself she her hers herself it its itself they them their theirs themselves \
who whom whose which what when where why how whether \
am is are was were be been being do does did done doing has have had having \
will would shall should can could may might must cannot not no \
of in on at by for with from to into onto over under about above below between among against \
during before after up down out off through toward towards upon within without across along around \
as also just only very too more most much many some any all both each few every either neither \
other others another such own same \
said says say saying told tells tell telling adding added according \
while because until since although though unless \
s t re ve ll d m dont doesnt didnt isnt arent wasnt werent wont wouldnt couldnt shouldnt cant \
hasnt havent hadnt im ive youre youve theyre theyve weve thats theres whats lets \
mr mrs ms dr";

const GERMAN: &str = "\
der die das den dem des ein eine einen einem einer eines kein keine keinen keiner keinem \
und oder aber doch sondern denn weil dass ob wenn als wie wo wann warum \
ich du er sie es wir ihr mich mir dich dir ihn ihm uns euch ihnen sich \
mein meine meinen meiner dein deine sein seine seinen seinem seiner seines ihre ihren ihrem ihrer ihres \
unser unsere unseren unserer dieser diese dieses diesen diesem jener jene welche welcher welches \
ist sind bin bist waren wäre wurde wurden wird werden worden geworden sei seien gewesen \
habe haben hatte hatten hätte hätten kann können könnte konnte soll sollen sollte muss müssen musste \
darf dürfen will wollen wollte würde würden \
in im an am auf aus bei beim bis durch für gegen mit nach ohne um unter über von vom vor zu zum zur \
zwischen während seit wegen trotz neben hinter \
nicht nur auch noch schon sehr mehr so dann hier dort da jetzt immer wieder bereits etwa \
alle allem allen aller alles andere anderen viele vielen einige selbst damit dabei davon dazu daran darauf \
sagte sagten sagt erklärte teilte laut";

const FRENCH: &str = "\
le la les l un une des du de d au aux et ou mais donc ni que qui quoi dont où lequel laquelle \
je tu il elle on nous vous ils elles me te se lui leur leurs y \
mon ma mes ta tes sa ses notre nos votre vos ce cet cette ces cela ceci celui celle ceux celles \
est sont était étaient être été suis sommes êtes sera seront serait avait avaient avoir ont ai eu aura \
auront aurait fait faire peut peuvent doit doivent \
à dans en par pour sur avec sans sous chez vers entre depuis pendant contre après avant selon dès jusque \
ne pas plus moins très aussi bien si comme quand alors encore déjà toujours même mêmes autre autres \
tout toute tous toutes ainsi afin lors lorsque puis notamment qu n c j m s t \
dit déclaré affirmé indiqué précisé ajouté cest dun dune nest quil quelle quils sest lun lune";

const SPANISH: &str = "\
el la los las lo un una unos unas y e o u pero sino porque aunque pues que quien quienes cual cuales cuyo \
cuando donde como cuanto yo tú él ella ello nosotros ellos ellas usted ustedes me te se le les nos \
mi mis tu tus su sus nuestro nuestra nuestros nuestras este esta esto estos estas ese esa eso esos esas \
aquel aquella es ser está están estar estaba eran fue fueron sido siendo será serán sería \
ha han haber había habían he hemos tiene tienen tener tenía puede pueden hace hacer \
de del a al en por para con sobre entre desde hasta hacia según contra durante tras ante bajo \
no ni sí si muy más menos también tampoco ya aún todavía así tan tanto \
todo toda todos todas otro otra otros otras mismo misma mismos cada algunos algunas \
dijo dijeron dice afirmó señaló añadió indicó aseguró";

const RUSSIAN: &str = "\
и а но или да же ли бы не ни что чтобы как если то так когда где куда почему потому поэтому хотя пока \
я ты он она оно мы вы они меня мне мной тебя тебе его него ему нему им ним ее её нее неё ей ней \
нас нам нами вас вам их них ими ними себя себе собой свой своя своё свое свои своего своей своих своим \
мой моя мои твой наш наша наше наши нашей ваш ваша этот эта это эти этого этой этому этим этих \
тот та те того той тому тем тех который которая которое которые которого которой которых которым которому \
кто кого кому чего чем весь вся все всё всего всех всем сам сама сами самый такой такая такие \
в во на с со к ко по за из изо от до о об обо у при для про без под над перед между через после около \
был была было были быть будет будут есть является являются стал стала может могут можно нужно \
уже еще ещё только также тоже очень более менее даже вот там тут здесь теперь тогда затем \
сказал сказала сообщил сообщила сообщили заявил заявила заявили отметил отметила добавил добавила";

const ARABIC: &str = "\
في من إلى الى على علي عن مع بين حول بعد قبل عند منذ حتى خلال ضد دون لدى نحو عبر ضمن \
و أو او ثم لكن بل أن ان إن إذا اذا لو كما كي لأن لان قد لقد سوف لم لن لا ما ليس ليست غير \
هو هي هم هن هما أنا انا نحن أنت انت هذا هذه هذان هؤلاء ذلك تلك الذي التي الذين اللذين اللواتي \
كان كانت كانوا يكون تكون يكن أي اي كل بعض جميع حيث عندما بينما التى الذى \
به بها بهم له لها لهم لهما فيه فيها فيهم منه منها منهم عنه عنها عليه عليها عليهم إليه إليها معه معها \
وفي ومن وعلى وهو وهي وأن وإن وقد ولم ولا وكان وكانت وقال وقالت وأضاف وأضافت وذلك وهذا وهذه كذلك أيضا ايضا \
قال قالت أضاف أكد أكدت اكد أوضح";

static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table::of(&[ENGLISH, GERMAN, FRENCH, SPANISH, RUSSIAN, ARABIC]));

/// Buckets of eight 32-bit tags: a look-up compares all eight at once and never branches, as whether
/// a word is a stop word cannot be predicted. The bucket is chosen by the low bits of a hash, the
/// tag is its high half; 0 marks a free slot.
struct Table(Box<[[u32; Self::SLOTS]]>);

impl Table {
    const BUCKETS: usize = 1024;
    const SLOTS: usize = 8;

    fn of(lists: &[&str]) -> Self {
        let mut table = Self(vec![[0; Self::SLOTS]; Self::BUCKETS].into_boxed_slice());
        for word in lists.iter().flat_map(|list| list.split_ascii_whitespace()) {
            let hash = xxh3_64(fold(word).as_bytes());
            if !table.contains(hash) {
                let free = table.0[Self::bucket(hash)].iter_mut().find(|tag| **tag == 0);
                *free.expect("the lists are fixed, and a test has built the table") = Self::tag(hash);
            }
        }
        table
    }

    fn contains(&self, hash: u64) -> bool {
        let tag = Self::tag(hash);
        self.0[Self::bucket(hash)].iter().fold(false, |found, &slot| found | (slot == tag))
    }

    fn bucket(hash: u64) -> usize {
        hash as usize % Self::BUCKETS
    }

    fn tag(hash: u64) -> u32 {
        (hash >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;

    fn check(text: &str, expect: &str) {
        let found = words(text);
        let kept: Vec<&str> = found
            .spans
            .iter()
            .zip(&found.hashes)
            .filter(|&(_, &hash)| !is_stop_hash(hash))
            .map(|(span, _)| span.slice(text).unwrap())
            .collect();
        assert_eq!(kept.join(" "), expect);
    }

    #[test]
    fn content_words_stay_in_each_language() {
        check("The minister said that it wasn't his war.", "minister war");
        check("Der Minister sagte, dass es nicht für ihn sei.", "Minister");
        check("Le ministre a déclaré que ce n'est pas pour lui.", "ministre");
        check("El ministro dijo que no fue para él.", "ministro");
        check("Министр заявил, что это было не для него.", "Министр");
        check("قال الوزير إن هذا ليس له", "الوزير");
    }

    #[test]
    fn folded_words_and_hashes_agree() {
        for word in ["the", "dont", "über", "était", "había", "который", "الذي"] {
            assert!(is_stop_word(word), "{word}");
            assert!(words(word).hashes.iter().all(|&hash| is_stop_hash(hash)), "{word}");
        }
        for word in ["war", "son", "president", "", "2024"] {
            assert!(!is_stop_word(word), "{word}");
        }
    }

    #[test]
    fn no_word_is_lost_in_the_table() {
        let words: std::collections::BTreeSet<String> = [ENGLISH, GERMAN, FRENCH, SPANISH, RUSSIAN, ARABIC]
            .iter()
            .flat_map(|list| list.split_ascii_whitespace().map(fold))
            .collect();
        assert!(words.iter().all(|word| is_stop_word(word)));
        assert_eq!(TABLE.0.iter().flatten().filter(|&&tag| tag != 0).count(), words.len());
    }
}
