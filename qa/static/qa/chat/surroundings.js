/**
 * The type of what a line of the conversation needs of the page; a file of its own, because the views
 * share it and Django's manifest storage, which follows JSDoc imports too, can't resolve a circle.
 */

/** @typedef {import("./conversation.js").Turn} Turn */
/** @typedef {import("./outbox.js").Parcel} Parcel */
/** @typedef {import("./votes.js").Vote} Vote */
/**
 * What a line needs of the page.
 *
 * @typedef {object} Surroundings
 * @property {boolean} isOnline
 * @property {(turn: Turn) => string | null} choiceOf
 * @property {(turn: Turn) => boolean} isOpen - whether a clarify turn still takes a choice
 * @property {(seq: number) => Vote | undefined} voteOf
 * @property {(turn: Turn, option: string | number) => void} choose
 * @property {(turn: Turn, vote: Vote) => void} vote
 * @property {(node: HTMLElement) => void} copy
 * @property {(parcel: Parcel) => void} retry
 * @property {(parcel: Parcel) => void} discard
 */

export {};
