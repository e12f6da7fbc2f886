//! Which sensor wrote a file, where the records do not say.

use super::log;

/// Words of file names that say how a log was written, not who wrote it.
const NOISE: [&str; 19] = [
    "log",
    "logs",
    "json",
    "jsonl",
    "ndjson",
    "tsv",
    "csv",
    "txt",
    "gz",
    "zst",
    "lz4",
    "bz2",
    "zip",
    "tar",
    "tgz",
    "labeled",
    "labelled",
    "streaming",
    "current",
];

/// The key of the sensor that wrote an input of this name: folder and file name without the log's type, dates, hours, numbers of
/// rotation and extensions, so that the rotated files of one sensor share it and `A_conn.log` and `B_conn.log` do not.
pub fn sensor_of(input_name: &str) -> String {
    let path = input_name.replace(['\\', '!'], "/");
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", &path));
    let mut key = String::new();
    for part in folder.split('/') {
        if !is_noise(part) || part.is_empty() && key.is_empty() {
            key.push_str(part);
            key.push('/');
        }
    }
    key.push_str(&own_part(file));
    key.trim_end_matches('/').to_owned()
}

/// What a file name says about its sensor.
fn own_part(file: &str) -> String {
    let (before, after) = match log::in_file_name(&file.to_ascii_lowercase()) {
        Some((_, at)) => (file.get(..at.start).unwrap_or_default(), file.get(at.end..).unwrap_or_default()),
        None => (file, ""),
    };
    let mut words: Vec<&str> = Vec::new();
    // Numbers before the type may name the sensor (`sensor-02_conn.log`), after it they count rotations and hours.
    let dated = date_words(before);
    for (place, word) in split(before).enumerate() {
        if !dated.contains(&place) && !is_noise_word(word) {
            words.push(word);
        }
    }
    words.extend(split(after).filter(|word| !is_noise_word(word) && !is_number(word)));
    words.join("-")
}

/// Whether a folder's name says nothing about a sensor: a date (`2026-03-11`) or `current`.
fn is_noise(folder: &str) -> bool {
    let dated = date_words(folder);
    split(folder).enumerate().all(|(place, word)| dated.contains(&place) || is_noise_word(word))
}

/// Places of the words that form dates: eight digits, or four, two and two.
fn date_words(text: &str) -> Vec<usize> {
    let words: Vec<&str> = split(text).collect();
    let digits = |place: usize, count: usize| {
        words.get(place).is_some_and(|word| word.len() == count && is_number(word))
    };
    let mut places = Vec::new();
    for place in 0..words.len() {
        if digits(place, 8) {
            places.push(place);
        } else if digits(place, 4) && digits(place + 1, 2) && digits(place + 2, 2) {
            places.extend(place..place + 3);
        }
    }
    places
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn is_noise_word(word: &str) -> bool {
    NOISE.iter().any(|noise| word.eq_ignore_ascii_case(noise))
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_of_one_sensor_share_a_key() {
        let expected = "logs-of-zeek";
        for name in [
            "logs-of-zeek/conn.log",
            "logs-of-zeek/current/dns.log",
            "logs-of-zeek/2026-03-11/conn.09:00:00-10:00:00.log.gz",
            "logs-of-zeek/2026-03-12/ssl.10:00:00-11:00:00.log.gz",
            "logs-of-zeek/conn-26-03-11_09.00.00.log",
            "logs-of-zeek/json_streaming_conn.log.1",
            "logs-of-zeek/conn.2026-03-11-09-00-00.log",
            "logs-of-zeek/labeled-conn.log",
            "logs-of-zeek/conn.log.labeled",
            "logs-of-zeek\\conn_long.log",
        ] {
            assert_eq!(sensor_of(name), expected, "{name}");
        }
    }

    #[test]
    fn a_prefix_tells_sensors_apart() {
        assert_eq!(sensor_of("day1/zeek/NASHUA_conn.log"), "day1/zeek/NASHUA");
        assert_eq!(sensor_of("day1/zeek/NASHUA_dns.log"), "day1/zeek/NASHUA");
        assert_eq!(sensor_of("day1/zeek/SCRANTON_smb_files.log"), "day1/zeek/SCRANTON");
        assert_ne!(sensor_of("a/sensor-01_conn.log"), sensor_of("a/sensor-02_conn.log"));
        assert_ne!(sensor_of("a/conn.log"), sensor_of("b/conn.log"));
    }

    #[test]
    fn logs_of_one_archive_are_of_one_sensor() {
        assert_eq!(sensor_of("c01/zeek_logs.zip!conn.log"), sensor_of("c01/zeek_logs.zip!dns.log"));
        assert_ne!(sensor_of("c01/zeek_logs.zip!conn.log"), sensor_of("c02/zeek_logs.zip!conn.log"));
        assert_eq!(sensor_of("/abs/conn.log"), "/abs");
        assert_eq!(sensor_of("conn.log"), "");
    }
}
