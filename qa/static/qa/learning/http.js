/**
 * JSON calls of the learning pages. A refusal becomes an ApiError whose message is meant for people.
 */

import { word } from "./words.js";

/** What the server refused, or that it can't be reached. */
export class ApiError extends Error {}

/**
 * @param {string} url
 * @param {string} csrf
 * @param {object} [body] Makes it a POST.
 * @returns {Promise<any>}
 */
export async function callJson(url, csrf, body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
  const options = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
  let response;
  let answer = {};
  try {
    response = await fetch(url, { credentials: "same-origin", ...options });
    answer = await response.json();
  } catch {
    // A sign-in page instead of JSON, or no server: both are told below.
  }
  if (!response?.ok) throw new ApiError(answer.message || word("offline"));
  return answer;
}
