use super::*;
use crate::event::Header;
use crate::table::event_types;
use proptest::prelude::*;

const TID: i64 = 7;

fn event<'a>(
    code: u16,
    lengths: &'a mut Vec<u8>,
    values: &'a mut Vec<u8>,
    parameters: &[&[u8]],
) -> Event<'a> {
    lengths.clear();
    values.clear();
    for parameter in parameters {
        lengths.extend(u16::try_from(parameter.len()).unwrap().to_le_bytes());
        values.extend_from_slice(parameter);
    }
    let header = Header {
        time_ns: 1,
        tid: TID,
        cpu: 0,
    };
    Event::new(
        header,
        event_type(EventCode(code)).unwrap(),
        lengths,
        values,
    )
}

fn converted(
    converter: &mut Converter,
    code: u16,
    parameters: &[&[u8]],
) -> Option<(u16, Vec<Vec<u8>>)> {
    let (mut lengths, mut values) = (Vec::new(), Vec::new());
    let event = event(code, &mut lengths, &mut values, parameters);
    let event = converter.convert(event).unwrap()?;
    let parameters =
        (0..event.parameter_count()).map(|index| event.parameter(index).unwrap().to_vec());
    Some((event.event_type.code.0, parameters.collect()))
}

#[test]
fn an_exit_takes_its_arguments_from_the_enter() {
    let mut converter = Converter::new();
    let (fd, size) = (3_i64.to_le_bytes(), 100_u32.to_le_bytes());
    assert_eq!(converted(&mut converter, 6, &[&fd, &size]), None);
    let result = 4_i64.to_le_bytes();
    let read = converted(&mut converter, 7, &[&result, b"data"]);
    let wanted = [&result[..], b"data", &fd, &size].map(<[u8]>::to_vec);
    assert_eq!(read, Some((7, wanted.to_vec())));
    // The enter event is used up.
    let again = converted(&mut converter, 7, &[&result, b""]);
    let wanted = [&result[..], b"", &[0; 8], &[0; 4]].map(<[u8]>::to_vec);
    assert_eq!(again, Some((7, wanted.to_vec())));
}

#[test]
fn an_exec_of_the_oldest_form_becomes_the_newest() {
    let mut converter = Converter::new();
    // The begin of an exec is shown as well: its exit may never come.
    let enter = converted(&mut converter, 12, &[]);
    assert_eq!(enter, Some((292, vec![Vec::new()])));
    let parameters: Vec<Vec<u8>> = (0..8_u64)
        .map(|number| number.to_le_bytes().to_vec())
        .collect();
    let parameters: Vec<&[u8]> = parameters.iter().map(Vec::as_slice).collect();
    let (code, values) = converted(&mut converter, 13, &parameters).unwrap();
    assert_eq!(code, 293);
    let newest = event_type(EventCode(293)).unwrap();
    assert_eq!(values.len(), newest.parameters.len());
    assert_eq!(values[7], 7_u64.to_le_bytes());
    assert_eq!(values[8], b"");
}

#[test]
fn an_enter_of_another_call_is_told() {
    let mut converter = Converter::new();
    let fd = 3_i64.to_le_bytes();
    converted(&mut converter, 4, &[&fd]);
    let (mut lengths, mut values) = (Vec::new(), Vec::new());
    let read = event(7, &mut lengths, &mut values, &[&fd, b""]);
    let error = converter.convert(read).unwrap_err();
    assert_eq!(
        error,
        ConversionError::Unpaired {
            exit: "read",
            enter: "close"
        }
    );
}

#[test]
fn a_form_that_never_was_is_told() {
    let mut converter = Converter::new();
    let (mut lengths, mut values) = (Vec::new(), Vec::new());
    let read = event(7, &mut lengths, &mut values, &[b"", b"", b"", b"", b""]);
    assert!(matches!(
        converter.convert(read),
        Err(ConversionError::Form { parameters: 5, .. })
    ));
}

#[test]
fn every_rule_fits_the_table() {
    for rule in RULES {
        let row = event_type(EventCode(rule.code)).unwrap();
        assert!(
            usize::from(rule.parameters) <= row.parameters.len(),
            "{}",
            row.name
        );
        assert!(row.flags.contains(EventFlags::CONVERTED), "{}", row.name);
        let count = |values: &[Value]| {
            let counts = values.iter().map(|value| match value {
                Value::OldFrom(_, count) => usize::from(*count),
                _ => 1,
            });
            counts.sum::<usize>()
        };
        match rule.action {
            Action::Add(values) => {
                assert!(usize::from(rule.parameters) + count(values) <= row.parameters.len());
            }
            Action::Become(code, values) => {
                let target = event_type(EventCode(code)).unwrap();
                assert_eq!(target.code.direction(), row.code.direction());
                assert!(count(values) <= target.parameters.len(), "{}", row.name);
            }
            Action::Pass | Action::Store | Action::StoreAndPass => {}
        }
    }
}

#[test]
fn every_exit_event_reaches_its_current_form() {
    for row in event_types() {
        let is_exit = row.code.direction() == Direction::Exit;
        if !is_exit || !row.flags.contains(EventFlags::OLD_VERSION) {
            continue;
        }
        let parameters: Vec<&[u8]> = row.parameters.iter().map(|_| &b""[..]).collect();
        let (code, values) = converted(&mut Converter::new(), row.code.0, &parameters).unwrap();
        let current = event_type(EventCode(code)).unwrap();
        assert!(
            !current.flags.contains(EventFlags::OLD_VERSION),
            "{}",
            row.name
        );
        assert_eq!(values.len(), current.parameters.len(), "{}", row.name);
    }
}

#[test]
fn a_close_keeps_what_it_has() {
    let mut converter = Converter::new();
    let (result, fd) = (0_i64.to_le_bytes(), 3_i64.to_le_bytes());
    let close = converted(&mut converter, 5, &[&result, &fd]);
    assert_eq!(close, Some((5, vec![result.to_vec(), fd.to_vec()])));
}

#[test]
fn what_never_occurs_is_dropped_in_any_form() {
    assert_eq!(converted(&mut Converter::new(), 17, &[b"x"]), None);
}

#[test]
fn an_old_container_becomes_json() {
    let parameters: [&[u8]; 4] = [b"3ad7\0", &1_u32.to_le_bytes(), b"web\0", b"nginx:1\0"];
    let code = container_event();
    let container = converted(&mut Converter::new(), code, &parameters);
    let json = br#"{"id":"3ad7","type":1,"name":"web","image":"nginx:1"}"#;
    let json = [&json[..], b"\0"].concat();
    assert_eq!(container, Some((324, vec![json])));
    let without_name: [&[u8]; 4] = [b"3ad7\0", &1_u32.to_le_bytes(), b"", b"nginx:1\0"];
    let container = converted(&mut Converter::new(), code, &without_name);
    assert_eq!(container, Some((324, vec![Vec::new()])));
}

/// The oldest event of a container.
fn container_event() -> u16 {
    let is_of_container = |row: &&EventType| row.name == "container" && row.parameters.len() == 4;
    event_types().find(is_of_container).unwrap().code.0
}

#[test]
fn threads_that_never_return_are_forgotten() {
    let mut converter = Converter::new();
    let lengths = [8, 0];
    let fd = 3_i64.to_le_bytes();
    for tid in 0..200_000 {
        let header = Header {
            time_ns: 1,
            tid,
            cpu: 0,
        };
        let close = Event::new(header, event_type(EventCode(4)).unwrap(), &lengths, &fd);
        assert!(converter.convert(close).unwrap().is_none());
        assert!(converter.waiting.len() <= THREADS_MAX);
    }
}

#[test]
fn large_enters_are_forgotten() {
    let mut converter = Converter::new();
    let lengths = [[0xFF; 2], [0; 2]].concat();
    let path = [b'x'; 0xFFFF];
    for tid in 0..3_000 {
        let header = Header {
            time_ns: 1,
            tid,
            cpu: 0,
        };
        let link = Event::new(header, event_type(EventCode(104)).unwrap(), &lengths, &path);
        assert!(converter.convert(link).unwrap().is_none());
        assert!(converter.waiting_bytes < 2 * WAITING_BYTES_MAX);
    }
    let waiting = u64::try_from(converter.waiting.len()).unwrap();
    assert_eq!(converter.forgotten() + waiting, 3_000);
    assert!(converter.forgotten() > 0);
}

proptest! {
    #[test]
    fn no_events_make_it_panic(
        events in prop::collection::vec(
            (0..454_u16, 0..3_i64, prop::collection::vec(any::<u8>(), 0..40), any::<[u8; 16]>()),
            0..40,
        ),
    ) {
        let mut converter = Converter::new();
        for (code, tid, lengths, values) in &events {
            let header = Header { time_ns: 1, tid: *tid, cpu: 0 };
            let row = event_type(EventCode(*code)).unwrap();
            if let Ok(Some(event)) = converter.convert(Event::new(header, row, lengths, values)) {
                prop_assert_eq!(event.header, header);
            }
        }
    }

    /// The forms that there were, with values of the right lengths.
    #[test]
    fn every_form_becomes_a_current_one(picks in prop::collection::vec((any::<usize>(), 0..2_i64), 0..40)) {
        let mut converter = Converter::new();
        for (pick, tid) in picks {
            let rule = &RULES[pick % RULES.len()];
            let row = event_type(EventCode(rule.code)).unwrap();
            let (mut lengths, mut values) = (Vec::new(), Vec::new());
            for parameter in &row.parameters[..rule.parameters.into()] {
                let length = parameter.kind.fixed_length().unwrap_or(9);
                lengths.extend(u16::try_from(length).unwrap().to_le_bytes());
                values.extend(vec![0x41; length]);
            }
            let header = Header { time_ns: 1, tid, cpu: 0 };
            let event = Event::new(header, row, &lengths, &values);
            match converter.convert(event) {
                Ok(Some(event)) => {
                    let row = event.event_type;
                    let is_exit = row.code.direction() == Direction::Exit;
                    prop_assert!(!is_exit || event.parameter_count() == row.parameters.len());
                    prop_assert!(!is_exit || !row.flags.contains(EventFlags::OLD_VERSION));
                    for (index, parameter) in row.parameters.iter().enumerate().take(event.parameter_count()) {
                        let length = event.parameter(index).unwrap().len();
                        let fixed = parameter.kind.fixed_length();
                        prop_assert!(length == 0 || fixed.is_none_or(|fixed| fixed == length), "{} {} {}", rule.code, row.name, parameter.name);
                    }
                }
                Ok(None) | Err(ConversionError::Unpaired { .. }) => {}
                Err(error) => prop_assert!(false, "{error}"),
            }
        }
    }
}
