//! States in NumPy's forms: out, in, and refused.

use multiproc_rng::{
    Generator, JsonState, Mt19937, Mt19937State, Pcg64, Pcg64Dxsm, PcgState, Philox, PhiloxState,
    RandomState, RandomStateState, SavedState, Sfc64, StateError, StreamVersion,
};

fn returns_to_the_same_place<B: JsonState + SavedState>(mut bits: B) {
    for _ in 0..5 {
        bits.next_u32();
    }
    let mut again = B::from_json(&bits.to_json()).expect("the state was just taken out");
    for _ in 0..1000 {
        assert_eq!(again.next_u32(), bits.next_u32());
        assert_eq!(again.next_u64(), bits.next_u64());
    }
}

#[test]
fn every_generator_goes_on_from_its_own_json() {
    returns_to_the_same_place(Mt19937::seed_from(1));
    returns_to_the_same_place(Pcg64::seed_from(1));
    returns_to_the_same_place(Pcg64Dxsm::seed_from(1));
    returns_to_the_same_place(Philox::seed_from(1));
    returns_to_the_same_place(Sfc64::seed_from(1));
}

#[test]
fn a_waiting_normal_survives_both_of_numpys_forms() {
    let mut rng = RandomState::new(5);
    rng.standard_normal();
    let mut from_dict = RandomState::from_json(&rng.to_json()).unwrap();
    let mut from_tuple = RandomState::from_legacy_json(&rng.to_legacy_json()).unwrap();
    let waiting = rng.standard_normal();
    assert_eq!(from_dict.standard_normal(), waiting);
    assert_eq!(from_tuple.standard_normal(), waiting);
    assert_eq!(from_dict.random_sample(), rng.random_sample());
}

#[test]
fn a_generator_says_whose_numbers_it_draws() {
    let rng = Generator::with_stream_version(Sfc64::seed_from(1), StreamVersion::Numpy2_5);
    let text = serde_json::to_string(&rng).unwrap();
    assert!(text.ends_with(r#""stream_version":"numpy-2.5"}"#), "{text}");
    let again: Generator<Sfc64> = serde_json::from_str(&text).unwrap();
    assert_eq!(again.stream_version(), StreamVersion::Numpy2_5);
}

#[test]
fn a_random_state_says_whose_numbers_it_draws() {
    let rng = RandomState::new(5).with_stream_version(StreamVersion::Numpy2_5);
    let again = RandomState::from_json(&rng.to_json()).unwrap();
    assert_eq!(again.state(), rng.state());

    let of_numpy = rng.to_json().replace("stream_version", "nothing_of_numpys");
    let again = RandomState::from_json(&of_numpy).unwrap();
    assert_eq!(again.state().stream_version, StreamVersion::Numpy2_4);
}

#[test]
fn impossible_states_are_refused_with_the_figure() {
    let pcg = PcgState {
        state: 1,
        inc: 2,
        has_uint32: false,
        uinteger: 0,
    };
    let error = Pcg64::from_state(pcg).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`inc` of a PCG64 state must be odd, found 2"
    );
    let zeros = Mt19937State {
        key: [0; 624],
        pos: 0,
    };
    let error = Mt19937::from_state(zeros).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`key` of a MT19937 state must not be all zeros, found 0"
    );
    let philox = Philox::seed_from(1).state();
    let error = Philox::from_state(PhiloxState {
        buffer_pos: 5,
        ..philox
    })
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`buffer_pos` of a Philox state must be at most 4, found 5"
    );
    let bits = Mt19937State {
        key: [1; 624],
        pos: 625,
    };
    let state = RandomStateState {
        bits,
        has_gauss: false,
        gauss: 0.0,
        stream_version: StreamVersion::default(),
    };
    assert!(matches!(
        RandomState::<Mt19937>::from_state(state),
        Err(StateError::Impossible {
            field: "pos",
            value: 625,
            ..
        })
    ));
}

#[test]
fn texts_that_are_no_states_are_refused() {
    let even = Pcg64::seed_from(1)
        .to_json()
        .replace("\"inc\":", "\"inc\":2,\"was\":");
    for text in ["", "{", "[]", "{\"bit_generator\": \"PCG64\"}", &even] {
        let refused = Pcg64::from_json(text);
        assert!(
            matches!(refused, Err(StateError::Malformed { .. })),
            "{text}: {refused:?}"
        );
    }
    let other = Pcg64::from_json(&Pcg64Dxsm::seed_from(1).to_json());
    assert!(matches!(
        other,
        Err(StateError::OtherGenerator {
            expected: "PCG64",
            ..
        })
    ));
    let short = r#"["MT19937", [1, 2, 3], 3, 0, 0.0]"#;
    let error = RandomState::from_legacy_json(short).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`len(key)` of a MT19937 state must be 624, found 3"
    );
}
