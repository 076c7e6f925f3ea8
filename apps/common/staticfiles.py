"""Static files for production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Names with content hashes, cacheable for ever; ``import`` lines of our ES modules are renamed too."""

    support_js_module_import_aggregation = True
