using System.Text.Json;
using Steward.Engines.Notifications;
using Steward.Notifications;
using Steward.Storage;

namespace Steward.Grains.Tests.Notifications;

public sealed class NoticeRouteTests
{
    private static readonly DateTimeOffset Night = new(2026, 3, 2, 23, 0, 0, TimeSpan.Zero);

    private static readonly NotificationSettings Settings = new()
    {
        Channels = [.. new[] { "slack", "teams", "email" }.Select(channel => new NotificationChannel { Channel = channel, Instance = channel })],
    };

    [Fact]
    public void Of_NoWishes_IsTheTenantsOrder() => AssertRoute(["slack"], ["teams", "email"], new NotificationPreferences());

    [Fact]
    public void Of_Wishes_AreTheirOrderWithoutWhatTheTenantLacks() => AssertRoute(["email"], ["slack"], new NotificationPreferences { Channels = ["webhook", "email", "slack"] });

    [Fact]
    public void Of_WishesForTheKind_CountFirst() =>
        AssertRoute(["teams"], [], new NotificationPreferences { Channels = ["email"], ByKind = new() { [NoticeKinds.ApprovalRequested] = ["teams"] } });

    [Fact]
    public void Of_NothingForTheKind_IsTheInboxOnly() => AssertRoute([], [], new NotificationPreferences { ByKind = new() { [NoticeKinds.ApprovalRequested] = [] } });

    [Fact]
    public void Of_NoAddress_IsTheInboxOnly()
    {
        var route = NoticeRoute.Of(Notice(NoticeKinds.ApprovalRequested) with { Recipient = new NoticeRecipient { UserId = "u-ada" } }, new NotificationPreferences(), Settings, [], Night);
        Assert.Empty(route.Channels);
    }

    [Theory]
    [InlineData(false, "2026-03-03T07:00:00+01:00")]
    [InlineData(true, null)]
    public void Of_QuietHours_HoldUpWhatIsNotUrgent(bool isUrgent, string? notBefore)
    {
        var wishes = new NotificationPreferences { QuietFrom = "22:00", QuietUntil = "07:00", TimeZone = "Europe/Berlin" };
        var route = NoticeRoute.Of(Notice(NoticeKinds.ApprovalRequested) with { IsUrgent = isUrgent }, wishes, Settings, [], Night);
        Assert.Equal(notBefore is null ? null : DateTimeOffset.Parse(notBefore, System.Globalization.CultureInfo.InvariantCulture), route.NotBefore);
    }

    [Theory]
    [InlineData("2026-03-03T05:59:00Z", true)]
    [InlineData("2026-03-03T06:00:00Z", true)]
    [InlineData("2026-03-03T06:01:00Z", false)]
    public void Of_QuietHoursOutlastTheQuestion_AreNotWaitedFor(string expires, bool isAtOnce)
    {
        var wishes = new NotificationPreferences { QuietFrom = "22:00", QuietUntil = "07:00", TimeZone = "Europe/Berlin" };
        var notice = Notice(NoticeKinds.ApprovalRequested) with { ExpiresAt = DateTimeOffset.Parse(expires, System.Globalization.CultureInfo.InvariantCulture) };
        Assert.Equal(isAtOnce, NoticeRoute.Of(notice, wishes, Settings, [], Night).NotBefore is null);
    }

    [Fact]
    public void Of_Closed_GoesWhereverThePersonWasAsked()
    {
        var earlier = new[] { Row("slack", "failed", false), Row("teams", "sent", false), Row("email", "queued", true), Row("in_app", "delivered", false), Row("slack", "sent", false) with { ThreadId = "another" } };
        var route = NoticeRoute.Of(Notice(NoticeKinds.ApprovalClosed), new NotificationPreferences { Channels = ["slack"] }, Settings, earlier, Night);
        Assert.Equal(["teams", "email"], route.Channels);
        Assert.Empty(route.Next);
    }

    private static void AssertRoute(string[] channels, string[] next, NotificationPreferences wishes)
    {
        var route = NoticeRoute.Of(Notice(NoticeKinds.ApprovalRequested), wishes, Settings, [], Night);
        Assert.Equal(channels, route.Channels);
        Assert.Equal(next, route.Next);
    }

    private static Notice Notice(string kind) => new()
    {
        NoticeId = "n-1",
        TenantId = "t-acme",
        Kind = kind,
        Recipient = new NoticeRecipient { UserId = "u-ada", Email = "ada@acme.example" },
        ThreadId = "thread",
        SubjectId = "a-1",
        Data = JsonElement.Parse("{}"),
        CreatedAt = Night,
    };

    private static NoticeRow Row(string channel, string delivery, bool isOpen) => new()
    {
        TenantId = "t-acme",
        NoticeId = "n-0",
        Channel = channel,
        ThreadId = "thread",
        SubjectId = "a-1",
        Kind = NoticeKinds.ApprovalRequested,
        Recipient = "u-ada",
        Document = "{}",
        CreatedAt = Night,
        Delivery = delivery,
        IsOpen = isOpen,
    };
}
