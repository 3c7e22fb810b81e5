import nextflow.Global

// Joins of channels by their keys, and what they require of their rows. A class, as it is compiled once, whatever the number of files that
// use it.
class Rows {
    // Groups files of libraries, haplotypes or other parts, [meta, files], by what they belong to, sorted by name.
    static Object byParent(files) {
        return files
            .map { meta, paths -> [meta.parent, paths] }
            .groupTuple()
            .map { meta, paths -> [meta, paths.flatten().sort { a, b -> a.name <=> b.name }] }
    }

    // Records under their keys, [meta, record], for a join.
    static Object keyed(records) {
        return records.map { record -> [record.meta, record] }
    }

    // Joins rows [key, ...] of two channels that have the same keys, each once.
    static Object match(left, right) {
        return paired(left, right)
            .filter { key, one, other -> complete(one != null && other != null, key) }
            .map { key, one, other -> [key] + one + other }
    }

    // Joins rows [key, ...] with those of another channel, [key, files], that has some of the keys; [] for the others.
    static Object attach(rows, optional) {
        return paired(rows, optional)
            .filter { key, row, files -> complete(row != null, key) }
            .map { key, row, files -> [key] + row + (files ?: [[]]) }
    }

    // Joins rows [key, ...] with those of another channel, [key, ...], that has all of the keys, and may have more.
    static Object lookUp(rows, others) {
        return paired(rows, others)
            .filter { key, row, other -> row != null && complete(other != null, key) }
            .map { key, row, other -> [key] + row + other }
    }

    // Rows [key, file], with that of a later step where it made one.
    static Object latest(rows, later) {
        return attach(rows, later).map { key, before, after -> [key, after ?: before] }
    }

    // Rows of two channels as [key, row or null, row or null]; no key may occur twice in a channel.
    private static Object paired(left, right) {
        return left
            .map { row -> [row.head(), row.tail()] }
            .join(right.map { row -> [row.head(), row.tail()] }, remainder: true, failOnDuplicate: true)
    }

    // True for a row that is complete. One that lacks its other half means that two steps name the same thing differently, which stops
    // the run; not where a task has failed, as what it would have made is missing then. (`failOnMismatch` of the engine's join does
    // not make this difference: after a failed task it would kill those that still run.)
    static boolean complete(boolean whole, Object key) {
        // the engine closes the outputs of a failed process a moment before it notes the failure
        for (int tenths = 0; !whole && tenths < 50 && Global.session.success; tenths++) {
            sleep(100)
        }
        if (!whole && Global.session.success) {
            throw new IllegalStateException("the outputs of two steps do not match for ${key}; this is a bug of the workflow, please report it")
        }
        return whole
    }
}
