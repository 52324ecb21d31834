use super::*;

const FINGERPRINT: Fingerprint =
    Fingerprint { size: 5, modified: Time(100, 5), changed: Time(100, 7), inode: 3, device: 4 };
const CONTENT: Content = Content { size: 5, hash: [7; 32] };

fn at(seconds: u64, nanoseconds: u32) -> SystemTime {
    UNIX_EPOCH + Duration::new(seconds, nanoseconds)
}

fn cache_in(folder: &tempfile::TempDir) -> Utf8PathBuf {
    Utf8PathBuf::try_from(folder.path().join("cache")).unwrap()
}

/// What a cache gives back for `asked` after `recorded` was read at `now`.
fn hash(recorded: Fingerprint, content: Content, now: SystemTime, asked: &Fingerprint) -> Option<[u8; 32]> {
    let kept = tempfile::tempdir().unwrap();
    let cache = StatCache::load(&cache_in(&kept));
    let mut folder = cache.folder("a/b".to_owned());
    folder.record("c", recorded, content, now);
    cache.learn(folder);
    cache.save().unwrap();
    StatCache::load(&cache_in(&kept)).folder("a/b".to_owned()).hash("c", asked)
}

#[test]
fn every_part_of_a_fingerprint_counts() {
    let hash = |asked| hash(FINGERPRINT, CONTENT, at(1000, 0), &asked);
    assert_eq!(hash(FINGERPRINT), Some([7; 32]));
    let (size, inode, device) = (6, 9, 9);
    for asked in [
        Fingerprint { size, ..FINGERPRINT },
        Fingerprint { inode, ..FINGERPRINT },
        Fingerprint { device, ..FINGERPRINT },
        Fingerprint { modified: Time(101, 5), ..FINGERPRINT },
        Fingerprint { modified: Time(100, 6), ..FINGERPRINT },
        Fingerprint { changed: Time(99, 7), ..FINGERPRINT },
        Fingerprint { changed: Time(100, 8), ..FINGERPRINT },
    ] {
        assert_eq!(hash(asked), None, "{asked:?}");
    }
}

#[test]
fn two_seconds_of_rest_are_needed() {
    let hash = |fingerprint: Fingerprint, now| hash(fingerprint, CONTENT, now, &fingerprint);
    assert_eq!(hash(FINGERPRINT, at(102, 6)), None);
    assert_eq!(hash(FINGERPRINT, at(102, 7)), Some([7; 32]));
    let modified_later = Fingerprint { modified: Time(100, 9), ..FINGERPRINT };
    assert_eq!(hash(modified_later, at(102, 8)), None);
    assert_eq!(hash(modified_later, at(102, 9)), Some([7; 32]));
    let of_the_future = Fingerprint { modified: Time(9_000_000_000, 0), ..FINGERPRINT };
    assert_eq!(hash(of_the_future, at(102, 9)), None);
    let before_1970 = Fingerprint { modified: Time(-5, 0), ..FINGERPRINT };
    assert_eq!(hash(before_1970, at(102, 9)), Some([7; 32]));
}

#[test]
fn a_file_that_grew_while_it_was_read_is_not_recorded() {
    assert_eq!(hash(FINGERPRINT, Content { size: 6, ..CONTENT }, at(1000, 0), &FINGERPRINT), None);
}

#[test]
fn names_and_folders_are_told_apart() {
    let kept = tempfile::tempdir().unwrap();
    let cache = StatCache::load(&cache_in(&kept));
    let files = [("", "a"), ("", "b"), ("a", "b"), ("a", "bb"), ("ab", "b"), ("/absolute", "ü")];
    for (at, (key, name)) in files.into_iter().enumerate() {
        let mut folder = cache.folder(key.to_owned());
        let hash = [at.try_into().unwrap(); 32];
        folder.record(name, FINGERPRINT, Content { size: 5, hash }, SystemTime::now());
        cache.learn(folder);
    }
    cache.save().unwrap();
    let cache = StatCache::load(&cache_in(&kept));
    for (at, (key, name)) in files.into_iter().enumerate() {
        let hash = cache.folder(key.to_owned()).hash(name, &FINGERPRINT);
        assert_eq!(hash, Some([at.try_into().unwrap(); 32]), "{key} {name}");
    }
    assert_eq!(cache.folder("a".to_owned()).hash("a", &FINGERPRINT), None);
    assert_eq!(cache.folder("b".to_owned()).hash("b", &FINGERPRINT), None);
}

#[test]
fn another_version_is_an_empty_cache() {
    let kept = tempfile::tempdir().unwrap();
    let mut bytes = format::write(&format::Folders::from([("a", BTreeMap::new())]));
    assert!(Recorded::parse(bytes.clone()).is_some_and(|recorded| recorded.keys().eq(["a"])));
    bytes[15] = b'2';
    std::fs::write(cache_in(&kept), &bytes).unwrap();
    assert_eq!(StatCache::load(&cache_in(&kept)).recorded.keys().count(), 0);
}
