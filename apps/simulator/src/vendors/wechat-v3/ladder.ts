/** The `hmac` scheme has borrowed WeChat Pay's own ladder: fifteen redeliveries in 24 h 4 min (gateways.md §1 "Redelivery"). */
export { ladderSeconds } from "../hmac/ladder.ts";
