/** The emoji the kit offers by itself; nothing is loaded from elsewhere. */

/** One tap on a message. */
export const quickEmojis = ['👍', '❤️', '😂', '🎉', '🙏', '😮'] as const

/** The panel of the composer, by the order people look for them: faces, hands, hearts, food and shops, the rest. */
export const emojis = [
  ...'😀😄😁😆😅🤣😂🙂😉😊😇🥰😍😘😋😜🤪🤗🤭🤔🤨😐😏😒🙄😬😌😴🤤😷🤒🤧🥵🥶🤯😎🤓😕😟😮😳🥺😢😭😱😤😡🤝🙏👍👎👌🤏👋👏🙌💪🤙🫶',
  ...'💛🧡💚💙💜🖤💔💯✨🎉🎊🎁🎈🧧☕🍵🧋🍰🥐🍞🥯🍓🍉🍑🥭🍜🍲🍚🥟🍔🍟🍕🌹🌸🌻🍀🌞🌙🌈🔥🚚📦🛒🏠🐶🐱🐼🐰',
] as readonly string[]
