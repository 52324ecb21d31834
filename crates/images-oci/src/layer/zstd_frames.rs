//! A stream of zstd frames, of which some are to be skipped:
//! <https://datatracker.ietf.org/doc/html/rfc8878#section-3>.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// The largest window, as `zstd` itself reads without being asked to: 128 MiB.
const MAX_WINDOW: u64 = 128 << 20;

/// Reads the magic number once more.
type Source<R> = Chain<Cursor<[u8; 4]>, BufReader<R>>;
type Decoder<R> = StreamingDecoder<Source<R>, FrameDecoder>;

/// Decodes all frames.
pub(super) struct ZstdFrames<R: Read> {
    state: State<R>,
}

enum State<R: Read> {
    Between(BufReader<R>),
    Within(Box<Decoder<R>>),
    Broken,
}

impl<R: Read> ZstdFrames<R> {
    pub(super) fn new(packed: R) -> Self {
        Self { state: State::Between(BufReader::with_capacity(64 << 10, packed)) }
    }
}

impl<R: Read> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.state, State::Broken) {
                State::Broken => return Err(io::Error::other("the zstd stream is damaged")),
                State::Between(mut packed) => {
                    if packed.fill_buf()?.is_empty() {
                        self.state = State::Between(packed);
                        return Ok(0);
                    }
                    self.state = next_frame(packed)?;
                }
                State::Within(mut decoder) => match decoder.read(buffer)? {
                    0 if !buffer.is_empty() => self.state = end_of_frame(*decoder)?,
                    read => {
                        self.state = State::Within(decoder);
                        return Ok(read);
                    }
                },
            }
        }
    }
}

fn next_frame<R: Read>(mut packed: BufReader<R>) -> io::Result<State<R>> {
    let mut magic = [0; 4];
    packed.read_exact(&mut magic)?;
    if magic[0] & 0xF0 == 0x50 && magic[1..] == [0x2A, 0x4D, 0x18] {
        let mut size = [0; 4];
        packed.read_exact(&mut size)?;
        let size = u64::from(u32::from_le_bytes(size));
        if io::copy(&mut (&mut packed).take(size), &mut io::sink())? < size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        return Ok(State::Between(packed));
    }
    let source = Cursor::new(magic).chain(packed);
    let decoder = Decoder::new_with_max_window_size(source, MAX_WINDOW).map_err(io::Error::other)?;
    Ok(State::Within(Box::new(decoder)))
}

fn end_of_frame<R: Read>(decoder: Decoder<R>) -> io::Result<State<R>> {
    let (said, made) = (decoder.decoder.get_checksum_from_data(), decoder.decoder.get_calculated_checksum());
    if said.is_some() && said != made {
        return Err(io::Error::other("the checksum of a zstd frame is wrong"));
    }
    Ok(State::Between(decoder.into_inner().into_inner().1))
}
