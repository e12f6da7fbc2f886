use crate::testing::{Chance, Talk};

const TEXT: &str = "the meeting of the council was moved to the small room because the roof of the town hall is under repair, and \
    everything else is as it was before. please tell the keeper of the building that nobody has seen the key since thursday, \
    and that we will need another one when the painters come on monday; they asked for it twice already. it's a well-known fact";
const RUSSIAN: &str = "совещание перенесли в малый зал потому что крышу ратуши сейчас чинят, а всё остальное остаётся по прежнему. \
    скажите пожалуйста сторожу что никто не видел ключа с четверга и что нам понадобится ещё один, когда придут маляры";
const GREEK: &str = "η συνάντηση του συμβουλίου μεταφέρθηκε στη μικρή αίθουσα γιατί η στέγη του δημαρχείου επισκευάζεται και όλα \
    τα άλλα μένουν όπως ήταν. παρακαλώ πείτε στον φύλακα του κτιρίου ότι κανείς δεν έχει δει το κλειδί από την πέμπτη";

const HINDI: &str = "परिषद की बैठक छोटे कमरे में रखी गई क्योंकि नगर भवन की छत की मरम्मत चल रही है और बाकी सब पहले जैसा है। कृपया भवन के रक्षक को बता दें \
    कि गुरुवार से किसी ने चाबी नहीं देखी और सोमवार को चित्रकार आएँगे तब हमें एक और की ज़रूरत होगी; प्रस्ताव स्थगित, प्रश्न स्पष्ट, व्यवस्था अच्छी";

fn told(talk: Talk) -> bool {
    talk.judge().reasons.iter().any(|reason| {
        reason.contains("words have strangers inside") || reason.contains("words have one sign inside")
    })
}

/// Whether texts of which each letter is followed by what `strange` makes are junk.
fn is_junk(text: &str, strange: impl Fn(&mut Chance) -> String) -> bool {
    let mut chance = Chance::new(81);
    let mut talk = Talk::default();
    for number in 0..8 {
        let skipped = chance.below(90);
        let dirty: String =
            text.chars().skip(skipped).map(|c| format!("{c}{}", strange(&mut chance))).collect();
        let escaped = dirty.replace('\\', "\\\\").replace('"', "\\\"");
        talk.post("application/json", format!("{{\"n\":{number},\"text\":\"{escaped}\"}}").as_bytes());
        talk.answer(b"ok");
    }
    told(talk)
}

fn one_in(share: usize, symbols: &'static str) -> impl Fn(&mut Chance) -> String {
    move |chance| {
        let kinds: Vec<char> = symbols.chars().collect();
        if chance.below(share) == 0 { kinds[chance.below(kinds.len())].to_string() } else { String::new() }
    }
}

const DIGITS: &str = "0123456789";
const MIXED: &str = "0123456789#~%";
const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

#[test]
fn strangers_of_any_kind_in_words_of_any_language_are_junk() {
    for (language, text) in [("en", TEXT), ("ru", RUSSIAN), ("el", GREEK)] {
        for (share, symbols) in [(2, MIXED), (6, MIXED), (10, DIGITS), (4, "!#$%~^*+")] {
            assert!(is_junk(text, one_in(share, symbols)), "{language} {share} {symbols}");
        }
    }
    assert!(
        is_junk(TEXT, one_in(5, CAPITALS))
            && is_junk(TEXT, one_in(5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
    );
    assert!(
        is_junk(TEXT, one_in(5, "жзийклмнопрстуфхцчшщ")) && is_junk(TEXT, one_in(5, "←↑→↓↔↕⇐⇑⇒⇓⇔■□▲△▼▽◆◇○●"))
    );
}

#[test]
fn bytes_that_are_no_characters_are_strangers_too() {
    let mut chance = Chance::new(82);
    let mut talk = Talk::default();
    for number in 0..8usize {
        let mut line = format!("<134>Mar 3 fw1 kernel: {number} ").into_bytes();
        for (place, byte) in TEXT.bytes().enumerate() {
            line.push(byte);
            if place % (3 + number % 3) == 1 {
                line.push(0x80 | chance.below(128) as u8);
            }
        }
        talk.datagram(&line);
    }
    assert!(told(talk));
}

#[test]
fn one_or_two_strangers_behind_each_letter_are_junk() {
    let each = |chance: &mut Chance| {
        let length = 1 + chance.below(2);
        String::from_utf8(chance.of(MIXED.as_bytes(), length)).unwrap()
    };
    assert!(is_junk(TEXT, each));
}

#[test]
fn one_sign_anywhere_in_words_is_junk() {
    for sign in ["~", "-", "\u{200b}", "\u{ad}"] {
        for text in [TEXT, RUSSIAN] {
            assert!(
                is_junk(text, |chance| if chance.below(5) == 0 { sign.to_owned() } else { String::new() }),
                "{sign:?}"
            );
        }
    }
}

/// A text with a sign before each consonant between two vowels, two letters from the ends of words at least.
fn syllables(text: &str, sign: &str) -> String {
    let vowel = |c: char| "aeiouyаеёиоуыэюяαεηιουωάέήίόύώ".contains(c);
    let part = |word: &str| {
        let letters: Vec<char> = word.chars().collect();
        let parted = |place: usize| {
            place >= 2
                && place + 2 < letters.len()
                && vowel(letters[place - 1])
                && !vowel(letters[place])
                && vowel(letters[place + 1])
        };
        (0..letters.len())
            .map(|place| format!("{}{}", if parted(place) { sign } else { "" }, letters[place]))
            .collect::<String>()
    };
    text.split(' ').map(part).collect::<Vec<_>>().join(" ")
}

#[test]
fn honest_texts_are_not() {
    for text in [TEXT, RUSSIAN, GREEK, HINDI] {
        assert!(!is_junk(text, |_| String::new()));
        // Hyphens and stress between syllables, and words that are spelled.
        for sign in ["\u{ad}", "-", "ˈ"] {
            assert!(!is_junk(&syllables(text, sign), |_| String::new()));
        }
        assert!(!is_junk(text, |_| "-".to_owned()));
    }
    // Digits and signs for letters.
    let leet = |c: char| match c {
        'a' => '4',
        'e' => '3',
        'i' => '1',
        'o' => '0',
        's' => '5',
        't' => '7',
        'b' => '8',
        'g' => '9',
        'l' => '|',
        other => other,
    };
    let written: String = TEXT.chars().map(leet).collect();
    assert!(!is_junk(&written, |_| String::new()));
    // The sounds of words in signs of ASCII.
    let sounds = "D@ \"mi:tIN @v D@ \"kaUns@l w@z mu:vd t@ D@ smO:l ru:m bI\"kQz D@ ru:f @v D@ taUn hO:l Iz \"Vnd@ rI\"pe@ {nd \"EvriTIN Els Iz \
        {z It wQz bI\"fO: pli:z tEl D@ \"ki:p@r @v D@ \"bIldIN D{t \"n@Ub@di h{z si:n D@ ki: sIns \"T3:zdeI";
    assert!(!is_junk(sounds, |_| String::new()));
}

#[test]
fn codes_and_tokens_are_not() {
    let judged = |make: &dyn Fn(&mut Chance) -> String| {
        let mut chance = Chance::new(83);
        let mut talk = Talk::default();
        for number in 0..12 {
            let list: Vec<String> = (0..30).map(|_| make(&mut chance)).collect();
            talk.post("text/plain", format!("{TEXT}\n{number}: {}", list.join(" ")).as_bytes());
            talk.answer(b"ok");
        }
        told(talk)
    };
    let of = |symbols: &'static [u8], length: usize| {
        move |chance: &mut Chance| String::from_utf8(chance.of(symbols, length)).unwrap()
    };
    assert!(!judged(&of(b"abcdefghijklmnopqrstuvwxyz0123456789", 16)));
    assert!(!judged(&of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&*+-=?@^_", 14)));
    assert!(!judged(&of(b"0123456789abcdef", 32)));
    // Parts with numbers, moves of chess, compounds, and times.
    assert!(!judged(&|chance| format!("kx{}rt{}b", chance.below(99), chance.below(9999))));
    assert!(!judged(&|chance| format!(
        "{}{}x{}{}+",
        ["N", "B", "R", "Q"][chance.below(4)],
        ["a", "d", "e"][chance.below(3)],
        ["c", "f"][chance.below(2)],
        chance.below(8)
    )));
    assert!(!judged(&|chance| format!(
        "c{}ccccc{}C(=O)N{}",
        chance.below(9),
        chance.below(9),
        chance.below(9)
    )));
    assert!(!judged(&|chance| format!("{}h{}m{}s", chance.below(24), chance.below(60), chance.below(60))));
}
