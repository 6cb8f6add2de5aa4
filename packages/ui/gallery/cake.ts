/** A loaf, drawn for the gallery. */
export const cake = [
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 900">',
  '<defs>',
  '<linearGradient id="a" x2="0" y2="1">',
  '<stop stop-color="#f7e3c8"/>',
  '<stop offset="1" stop-color="#e9b98a"/>',
  '</linearGradient>',
  '</defs>',
  '<rect width="1200" height="900" fill="url(#a)"/>',
  '<ellipse cx="600" cy="720" rx="420" ry="70" fill="#c98d5a" opacity=".4"/>',
  '<g fill="#b8703a">',
  '<path d="M250 640c0-160 150-290 350-290s350 130 350 290c0 60-700 60-700 0z"/>',
  '</g>',
  '<g fill="none" stroke="#f3cf9c" stroke-width="26" stroke-linecap="round" opacity=".8">',
  '<path d="M380 600c0-110 60-180 120-210M560 620c-10-120 10-200 60-250M740 610c-20-110-20-160 20-210"/>',
  '</g>',
  '</svg>',
].join('')
