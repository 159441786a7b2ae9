"""The URLs of the product and of the peer."""

from django.contrib import admin
from django.urls import include, path

from catalog.models import Voice

SIX = ("provider", "kind", "gender", "age", "accent", "language")


class VoiceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The same table with the same six filters, counts, search, and page size."""

    list_display = ("name", "provider", "kind", "gender", "age", "accent", "language")
    list_filter = SIX
    search_fields = ("name_words", "label_words", "search_text")
    show_facets = admin.ShowFacets.ALWAYS
    list_per_page = 24
    ordering = ("sort_name",)


admin.site.register(Voice, VoiceAdmin)
urlpatterns = [path("admin/", admin.site.urls), path("", include("voiceboard.urls"))]
