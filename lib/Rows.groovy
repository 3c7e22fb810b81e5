import nextflow.Global

// What joins of channels require of their rows.
class Rows {
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
