//! [`Layers`]: how a word becomes a candidate of the ziggurat method, for vectors.

/// A sampler whose first step vectors can take, from words `W`.
pub(crate) trait Layered<W: 'static> {
    const LAYERS: Layers<W>;
}

/// How a word becomes a candidate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layers<W: 'static> {
    /// For each layer what [`pack`](Layers::pack) makes of it, so that one look-up gives both.
    pub(crate) packed: &'static [W; 256],
    /// What was taken off the bits of the scales.
    pub(crate) base: W,
    /// The lowest bit of the layer's number.
    pub(crate) layer_shift: u32,
    /// The lowest bit of the magnitude.
    pub(crate) magnitude_shift: u32,
    /// The bits of the magnitude after the shift.
    pub(crate) magnitude_mask: W,
    /// How far left the magnitude has to go to begin at the top bit.
    pub(crate) top_shift: u32,
    /// How far left the sign has to go to become the top bit; the word's width for no sign.
    pub(crate) sign_shift: u32,
}

macro_rules! pack {
    ($word:ident, $real:ident, $scale_bits:literal) => {
        impl Layers<$word> {
            /// The low bits of a packed layer: the scale's, less the base.
            pub(crate) const SCALE_BITS: $word = (1 << $scale_bits) - 1;

            /// Packs, for each layer, the width over the range of magnitudes, and above it the top
            /// bits of the bound below which a magnitude lies inside.
            ///
            /// A magnitude whose top bits are below the bound's lies inside for sure.
            pub(crate) const fn pack(
                base: $word,
                scale: &[$real; 256],
                accept: &[$word; 256],
                magnitude_bits: u32,
            ) -> [$word; 256] {
                let mut packed = [0; 256];
                let mut i = 0;
                while i < packed.len() {
                    let bound = accept[i] >> (magnitude_bits + $scale_bits - $word::BITS);
                    let above_base = scale[i].to_bits() - base;
                    assert!(above_base <= Self::SCALE_BITS);
                    packed[i] = bound << $scale_bits | above_base;
                    i += 1;
                }
                packed
            }
        }
    };
}

pack!(u64, f64, 56);
pack!(u32, f32, 26);
