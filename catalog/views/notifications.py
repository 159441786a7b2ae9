"""Notifications: the bell, and the list."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.forms.notifications import NotificationForm
from catalog.models import Notification
from catalog.queries.notifications import find_choices, find_mail_zone, find_notices, look_at_bell
from catalog.services.notifications import choose_notifications, read_all_notices, read_notice
from catalog.views.base.requests import Request, is_partial, signed_in

_PAGES: dict[str, str] = {
    Notification.Page.KEEPING: "catalog:keep-list",
    Notification.Page.CLEANUP: "catalog:cleanup-list",
    Notification.Page.EXPIRY: "catalog:expiry-list",
    Notification.Page.VOICE: "catalog:voice-detail",
    Notification.Page.NEWS: "catalog:news-list",
    Notification.Page.KEY: "catalog:credential-detail",
    Notification.Page.ACCOUNTS: "catalog:account-list",
    Notification.Page.ACCOUNT: "catalog:account-detail",
    Notification.Page.TOKENS: "catalog:token-list",
    Notification.Page.TEAM: "catalog:member-list",
    Notification.Page.HEALTH: "catalog:health-detail",
    Notification.Page.EVACUATION: "catalog:evacuation-detail",
    Notification.Page.SPEAKER: "catalog:speaker-detail",
    Notification.Page.CONSENT: "catalog:consent-detail",
    Notification.Page.SPENDING: "catalog:charge-list",
    Notification.Page.WITHDRAWAL: "catalog:withdrawal-detail",
}


@signed_in
@require_safe
def notification_list(request: Request) -> HttpResponseBase:
    return render(
        request, "catalog/notifications/list.html", {"notices": find_notices(request.user)}
    )


@signed_in
@require_safe
def notification_bell(request: Request) -> HttpResponseBase:
    """Return the bell; ``after`` is the newest notification that the page already shows."""
    if not is_partial(request):
        return redirect("catalog:notification-list")
    after = request.GET.get("after", "")
    known = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
    return render(request, "_bell.html", {"bell": look_at_bell(request.user, known)})


@signed_in
@require_POST
def notification_open(request: Request, pk: int) -> HttpResponseBase:
    notice = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    read_notice(request.user, notice=notice, now=timezone.now())
    if notice.page:
        return redirect(_PAGES[notice.page], *filter(None, [notice.about]))
    if notice.job_id is None:
        return redirect("catalog:notification-list")
    return redirect("catalog:job-detail", notice.job_id)


@signed_in
@require_POST
def notifications_read(request: Request) -> HttpResponseBase:
    read_all_notices(request.user, now=timezone.now())
    return redirect("catalog:notification-list")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def notification_settings(request: Request) -> HttpResponseBase:
    """Let the user choose how to hear of each event."""
    choices = find_choices(request.user)
    if request.method == "POST":
        form = NotificationForm(request.POST, choices=choices)
        if form.is_valid():
            choose_notifications(request.user, choices=form.chosen)
            messages.success(request, "Saved.")
        else:
            messages.error(request, "Nothing was saved. Choose from the lists.")
        return redirect("catalog:notification-settings")
    context = {
        "form": NotificationForm(choices=choices),
        "sends_mail": settings.SENDS_MAIL,
        "zone": find_mail_zone(request.user).replace("_", " "),
    }
    return render(request, "catalog/notifications/settings.html", context)
