/** The signs of a buyer show, drawn for the product: a star, a heart. */
import { icon, type IconProps } from '@qun/ui'

/** A shape that is drawn empty, and full once it is meant. */
function fillable(name: string, shape: string) {
  const Empty = icon(name, <path d={shape} />)
  const Full = icon(`Full${name}`, <path d={shape} fill="currentColor" />)
  return ({ filled = false, ...props }: IconProps & { readonly filled?: boolean }) =>
    filled ? <Full {...props} /> : <Empty {...props} />
}
export const StarIcon = fillable('Star', 'm12 4 2.5 5.1 5.6.8-4 4 .9 5.6L12 16.8l-5 2.7.9-5.6-4-4 5.6-.8z')
export const HeartIcon = fillable(
  'Heart',
  'M12 19.5C7 16 4 13 4 9.6A4.1 4.1 0 0 1 8.1 5.5c1.6 0 3 .9 3.9 2.3.9-1.4 2.3-2.3 3.9-2.3A4.1 4.1 0 0 1 20 9.6c0 3.4-3 6.4-8 9.9z',
)
