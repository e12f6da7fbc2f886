//! How much content may be kept of all conversations together.

use lopside_payload::Settings;

use super::conversation::Conversation;

/// Bytes that are kept of a direction at least, while there is room at all.
const LEAST_SIDE: usize = 4 << 10;

/// Shares the memory for samples among the conversations that go on: the more there are, the less is kept of each.
#[derive(Debug)]
pub(super) struct Sampling {
    /// As they hold for what is sampled next; absent where nothing is sampled.
    settings: Option<Settings>,
    /// Bytes of a direction where there is room for all.
    most_side: usize,
    budget: usize,
    used: usize,
    samples: usize,
}

impl Sampling {
    /// Samples with these settings into about so many bytes.
    pub(super) fn new(settings: Option<Settings>, budget: usize) -> Sampling {
        let most_side = settings.as_ref().map_or(0, |settings| settings.side_bytes);
        Sampling { settings, most_side, budget, used: 0, samples: 0 }
    }

    /// How the next content is sampled.
    pub(super) fn settings(&self) -> Option<&Settings> {
        self.settings.as_ref()
    }

    /// After a packet: `sampled` is what its conversation held before, and becomes what it holds now. Where all is used up the
    /// sample of this conversation is judged as it is.
    pub(super) fn settle(&mut self, conversation: &mut Conversation, sampled: &mut usize) {
        if self.settings.is_none() {
            return;
        }
        let mut now = conversation.looking.sampled();
        if now == *sampled {
            return;
        }
        if self.used + now > self.budget + *sampled {
            conversation.stop_sampling(self.settings.as_ref());
            now = 0;
        }
        self.forget(*sampled);
        self.used += now;
        self.samples += usize::from(now > 0);
        *sampled = now;
        self.share();
    }

    /// A conversation that held so many bytes of sample is over.
    pub(super) fn forget(&mut self, sampled: usize) {
        self.used = self.used.saturating_sub(sampled);
        self.samples = self.samples.saturating_sub(usize::from(sampled > 0));
    }

    fn share(&mut self) {
        if let Some(settings) = &mut self.settings {
            let fair = self.budget / 2 / self.samples.max(1);
            settings.side_bytes = fair.clamp(LEAST_SIDE.min(self.most_side), self.most_side);
        }
    }
}
