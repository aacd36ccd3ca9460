//! Judgement: the evaluation of one gate over its evidence.
