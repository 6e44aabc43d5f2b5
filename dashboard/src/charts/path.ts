// The path of a line through values, lifted off the paper where one is not known.

export function path(
  values: readonly (number | null)[],
  x: (i: number) => number,
  y: (value: number) => number,
): string {
  let line = ''
  let pen = 'M'
  values.forEach((value, i) => {
    if (value === null) {
      pen = 'M'
      return
    }
    line += `${pen}${x(i).toFixed(1)} ${y(value).toFixed(1)}`
    pen = 'L'
  })
  return line
}
