/** What every case answers, as JSON. */
export const answer = {
  categories: [
    { name: 'clothing', product_count: 10 },
    { name: 'electronics', product_count: 10 },
    { name: 'food', product_count: 10 }
  ]
}
