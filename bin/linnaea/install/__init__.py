"""What a machine needs: the engine, programs, bundles for sites without internet."""
