using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Notifications;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

/// <summary>Inboxes, preferences and settings of notifications over HTTP.</summary>
public class NotificationApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private FakeNotifications Notifications => gateway.Cluster.Notifications;

    [Fact]
    public async Task Inbox_ListAndMark_OverTheHttpClient()
    {
        await using var services = Connect("u-inbox");
        var inbox = services.GetRequiredService<IStewardUserClient>().Notifications;
        Notifications.Deliver("u-inbox", "one");
        Notifications.Deliver("u-inbox", "<b>two</b>");

        var page = await inbox.ListAsync(limit: 1);
        Assert.Equal(("<b>two</b>", 2, 2L), (Assert.Single(page.Items).Title, page.Unseen, page.LastSequence));
        Assert.Equal("one", Assert.Single((await inbox.ListAsync(beforeSequence: 2)).Items).Title);
        await inbox.MarkAsync(new MarkInbox { SeenThrough = 2 });
        await inbox.MarkAsync(new MarkInbox { Read = 1 });
        Assert.Equal([(2L, null), (null, 1L)], Notifications.Marks.Where(mark => mark.User == "u-inbox").Select(mark => (mark.Command.SeenThrough, mark.Command.Read)));
    }

    [Fact]
    public async Task Stream_AfterAnItem_GivesLaterAndLiveOnesAsEvents()
    {
        Notifications.Deliver("u-stream", "old");
        Notifications.Deliver("u-stream", "kept");
        using var ada = gateway.As("u-stream");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/notifications/stream?after=0");
        request.Headers.Add("Last-Event-ID", "1");
        using var response = await ada.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var reader = new SseReader(await response.Content.ReadAsStreamAsync());
        Assert.StartsWith("retry: ", await reader.NextAsync(), StringComparison.Ordinal);

        Check(await reader.NextAsync(), 2, "kept");
        Notifications.Deliver("u-stream", "live\nand more");
        Check(await reader.NextAsync(), 3, "live\nand more");

        static void Check(string? block, int id, string title)
        {
            var lines = block!.Split('\n');
            Assert.Equal([$"id: {id}", "event: approval.requested"], lines[..2]);
            using var data = JsonDocument.Parse(lines[2]["data: ".Length..]);
            Assert.Equal((id, title, "a-1"), (data.RootElement.GetProperty("sequence").GetInt32(), data.RootElement.GetProperty("title").GetString(), data.RootElement.GetProperty("data").GetProperty("approvalId").GetString()));
            Assert.Equal(3, lines.Length);
        }
    }

    [Fact]
    public async Task Watch_OverTheHttpClient_GivesOnlyOnesOwn()
    {
        await using var services = Connect("u-watch");
        Notifications.Deliver("u-watch", "first");
        Notifications.Deliver("u-watch", "not mine", tenant: "t-other");
        Notifications.Deliver("u-other", "not mine");
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        List<string> titles = [];
        await foreach (var item in services.GetRequiredService<IStewardUserClient>().Notifications.WatchAsync(0, stop.Token))
        {
            titles.Add(item.Title);
            if (titles.Count == 1)
            {
                Notifications.Deliver("u-watch", "second");
            }
            else
            {
                break;
            }
        }

        Assert.Equal(["first", "second"], titles);
    }

    [Fact]
    public async Task Preferences_SetAndGet_OverTheHttpClient()
    {
        await using var services = Connect("u-prefs");
        var notifications = services.GetRequiredService<IStewardUserClient>().Notifications;
        var wanted = new NotificationPreferences { Channels = ["email", "slack"], ByKind = new() { ["approval.comment"] = [] }, QuietFrom = "22:00", QuietUntil = "06:30", TimeZone = "Europe/Berlin", Locale = "de" };

        await notifications.SetPreferencesAsync(wanted);
        var got = await notifications.GetPreferencesAsync();

        Assert.Equal(("22:00", "06:30", "Europe/Berlin", "de"), (got.QuietFrom, got.QuietUntil, got.TimeZone, got.Locale));
        Assert.Equal(["email", "slack"], got.Channels);
        Assert.Empty(got.ByKind["approval.comment"]);
        using var ada = gateway.As("u-prefs");
        await AssertProblem(await ada.PutAsync("/v1/notifications/preferences", Json("""{"quietFrom":"25:00"}""")), 400, "invalid_argument", "quietFrom");
        await AssertProblem(await ada.PutAsync("/v1/notifications/preferences", Json("""{"quiet":true}""")), 400, "invalid_argument", "quiet");
        // What is left out is the default.
        Assert.Empty((await BodyOf(await ada.PutAsync("/v1/notifications/preferences", Json("{}")))).GetProperty("channels").EnumerateArray());
    }

    [Fact]
    public async Task Settings_Life_IsForAdmins()
    {
        await using var services = Connect("u-admin", WellKnownRoles.Admin);
        var notifications = services.GetRequiredService<IStewardUserClient>().Notifications;
        var wanted = new NotificationSettings
        {
            Channels = [new NotificationChannel { Channel = "slack", Instance = "slack-main", PerSecond = 2, Settings = new() { ["a"] = "b" } }],
            Locale = "de",
            TimeZone = "Europe/Berlin",
            Templates = new() { ["approval.requested/de"] = "Bitte entscheiden" },
        };

        Assert.Equal(1, (await notifications.SetSettingsAsync(wanted)).Revision);
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => notifications.SetSettingsAsync(wanted))).Code);
        var got = await notifications.GetSettingsAsync();
        Assert.Equal(("slack-main", 2.0, "b", "Bitte entscheiden"), (got.Channels[0].Instance, got.Channels[0].PerSecond, got.Channels[0].Settings["a"], got.Templates["approval.requested/de"]));
        var preview = await notifications.PreviewAsync(new PreviewNotice { Kind = "approval.requested", Channel = "teams", Template = "mine", Data = """{"a":1}""" });
        Assert.Equal(("approval.requested on teams", "mine", """{"a":1}"""), (preview.Title, preview.Text, preview.Payload));
        Assert.Equal("a-7", Assert.Single(await notifications.ListBySubjectAsync("a-7")).SubjectId);
        Assert.Equal(("limit-9", "bounced"), (await notifications.ListDeadLettersAsync(9)).Select(one => (one.SubjectId, one.Delivery)).Single());
        await notifications.ReplayDeadLetterAsync("connector.sign_in/e-1/u-9");
        Assert.Contains("connector.sign_in/e-1/u-9", Notifications.Replayed);
        Assert.Equal(("email", 3), ((await notifications.GetQueueAsync("email")).Channel, (await notifications.GetQueueAsync("email")).Waiting));

        using var ada = gateway.As("u-ada");
        foreach (var path in new[] { "settings", "dead-letters", "queues/slack", "sent?subject=a-7" })
        {
            await AssertProblem(await ada.GetAsync("/v1/notifications/" + path), 403, "forbidden");
        }

        await AssertProblem(await ada.PutAsync("/v1/notifications/settings", Json("{}")), 403, "forbidden");
        await AssertProblem(await ada.PostAsync("/v1/notifications/preview", Json("""{"kind":"a","channel":"slack"}""")), 403, "forbidden");
        await AssertProblem(await ada.PostAsync("/v1/notifications/dead-letters/replay", Json("""{"noticeId":"n-1"}""")), 403, "forbidden");
    }

    [Theory]
    [InlineData("{}", "seenThrough")]
    [InlineData("""{"seenThrough":-1}""", "seenThrough")]
    [InlineData("""{"read":0}""", "read")]
    [InlineData("""{"read":"all"}""", "read")]
    public async Task Mark_WrongField_IsRefusedByName(string body, string field)
    {
        using var ada = gateway.As("u-mark");
        await AssertProblem(await ada.PostAsync("/v1/notifications/mark", Json(body)), 400, "invalid_argument", field);
    }

    [Fact]
    public async Task Anonymous_Everything_IsRefused()
    {
        foreach (var path in new[] { "notifications", "notifications/stream", "notifications/preferences", "approvals", "approval-rules", "delegations" })
        {
            await AssertProblem(await gateway.Anonymous.GetAsync("/v1/" + path), 401, "unauthenticated", "Authorization");
        }
    }

    private ServiceProvider Connect(string user, params string[] roles) => HttpClientTests.Connect(gateway.Address, token: gateway.Token(user, "t-acme", roles));
}
