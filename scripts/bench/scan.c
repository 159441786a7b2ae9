/* The floor that an index is measured against: one thread, one pass over packed columns.
   For every voice that may be seen it tests each filter, takes the first page in the order of the
   columns, and counts the values of every facet, a facet's own filter left out. */
#include <stdint.h>

int64_t scan(int64_t rows, int facets, const uint16_t **columns, const uint8_t **wanted,
             const uint8_t *seen, const uint8_t *worded, int64_t **counts, int64_t *page, int size)
{
    int64_t found = 0;
    for (int64_t row = 0; row < rows; row++) {
        if (!seen[row] || (worded && !worded[row])) continue;
        int misses = 0, missed = -1;
        for (int facet = 0; facet < facets; facet++)
            if (wanted[facet] && !wanted[facet][columns[facet][row]]) {
                missed = facet;
                if (++misses > 1) break;
            }
        if (misses == 0) {
            if (found < size) page[found] = row;
            found++;
            for (int facet = 0; facet < facets; facet++) counts[facet][columns[facet][row]]++;
        } else if (misses == 1) {
            counts[missed][columns[missed][row]]++;
        }
    }
    return found;
}
