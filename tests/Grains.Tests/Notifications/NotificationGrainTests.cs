using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Notifications;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Notifications;
using Steward.Storage;

namespace Steward.Grains.Tests.Notifications;

public sealed class NotificationGrainTests(NotificationCluster cluster) : IClassFixture<NotificationCluster>
{
    [Fact]
    public async Task TellAsync_Notice_ReachesInboxAndFirstChannelAndIsAccountedFor()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);

        await cluster.Router.TellAsync(tenant, [Notice(tenant, "n-1", "u-ada")], default);
        await UntilDone(tenant, 2);

        cluster.SignIn(tenant, "u-ada");
        var item = Assert.Single((await cluster.Inbox(tenant, "u-ada").List(null, 10)).Items);
        Assert.Equal(("n-1", 1, "none", "a-1"), (item.NoticeId, item.Sequence, item.Engagement, item.SubjectId));
        Assert.NotEmpty(item.Title);
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        Assert.Equal([("in_app", "delivered", "none"), ("slack", "sent", "unknown")], (await cluster.Settings(tenant).ListBySubject("a-1")).Select(status => (status.Channel, status.Delivery, status.Engagement)).Order());
    }

    [Fact]
    public async Task List_FirstSignInWithTheAddress_ShowsWhatWasSaidBefore()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await cluster.Router.TellAsync(tenant, [Notice(tenant, "n-early", Steward.Approvals.ApprovalNotices.PlaceholderOf("newbie@acme.example"))], default);
        await UntilDone(tenant, 2);
        cluster.SignIn(tenant, "u-newbie");
        Assert.Empty((await cluster.Inbox(tenant, "u-newbie").List(null, 10)).Items);

        await Conversing.UntilAsync(async () => (await cluster.Inbox(tenant, "u-newbie").List(null, 10)).Items.Count > 0);

        Assert.Equal("n-early", Assert.Single((await cluster.Inbox(tenant, "u-newbie").List(null, 10)).Items).NoticeId);
        cluster.SignIn(tenant, "u-other");
        Assert.Empty((await cluster.Inbox(tenant, "u-other").List(null, 10)).Items);
    }

    [Fact]
    public async Task TellAsync_SecretsInArguments_AreKeptNowhere()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        var notice = Notice(tenant, "n-1", "u-ada") with { Data = JsonSerializer.SerializeToElement(new { approvalId = "a-1", summary = "s", arguments = new { user = "bea", password = "hunter2" } }) };

        await cluster.Router.TellAsync(tenant, [notice], default);
        await UntilDone(tenant, 2);

        var rows = await cluster.Silo.GetRequiredService<INotificationStore>().FindAsync(tenant, "n-1");
        Assert.Equal(2, rows.Count);
        Assert.All(rows, row => Assert.DoesNotContain("hunter2", row.Document, StringComparison.Ordinal));
        Assert.All(rows, row => Assert.Contains("bea", row.Document, StringComparison.Ordinal));
        Assert.All(rows, row => Assert.Equal("ada@acme.example", row.Address));
    }

    [Fact]
    public async Task TellAsync_SameAgain_IsSentOnce()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        var notice = Notice(tenant, "n-1", "u-ada");

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => cluster.Router.TellAsync(tenant, [notice], default)));
        await cluster.Router.TellAsync(tenant, [notice], default);
        await UntilDone(tenant, 2);
        await cluster.Router.TellAsync(tenant, [notice], default);

        Assert.Single(cluster.Slack.SeenBy(tenant));
        cluster.SignIn(tenant, "u-ada");
        Assert.Single((await cluster.Inbox(tenant, "u-ada").List(null, 10)).Items);
    }

    [Fact]
    public async Task TellAsync_PersonWantsMailOnly_IsMailed()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        cluster.SignIn(tenant, "u-bea");
        await cluster.Inbox(tenant, "u-bea").SetPreferences(new NotificationPreferences { Channels = ["email"] });

        await cluster.Router.TellAsync(tenant, [Notice(tenant, "n-1", "u-ada"), Notice(tenant, "n-2", "u-bea")], default);
        await UntilDone(tenant, 4);

        Assert.Equal(["n-1"], cluster.Slack.SeenBy(tenant));
        Assert.Equal(["n-2"], cluster.Email.SeenBy(tenant));
    }

    [Fact]
    public async Task TellAsync_OfAnotherTenant_IsRefused()
    {
        var refused = await Assert.ThrowsAsync<StewardException>(() => cluster.Router.TellAsync("t-one", [Notice("t-two", "n-1", "u-ada")], default));
        Assert.Equal("tenantId", refused.Field);
    }

    [Fact]
    public async Task TellAsync_Closed_ChangesTheMessageWhereverItWas()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await cluster.Router.TellAsync(tenant, [Notice(tenant, "n-1", "u-ada")], default);
        await UntilDone(tenant, 2);
        cluster.SignIn(tenant, "u-ada");
        await cluster.Inbox(tenant, "u-ada").SetPreferences(new NotificationPreferences { Channels = ["email"] });

        await cluster.Router.TellAsync(tenant, [Notice(tenant, "n-2", "u-ada", NoticeKinds.ApprovalClosed)], default);
        await UntilDone(tenant, 4);

        Assert.Equal(["n-1", "n-2"], cluster.Slack.SeenBy(tenant));
        Assert.Empty(cluster.Email.SeenBy(tenant));
    }

    [Fact]
    public async Task WakeAsync_QueueOutOfMemory_TakesUpWhatIsDue()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        var notice = Notice(tenant, "n-1", "u-ada");
        var document = new QueueDocument { Notice = notice, NotBefore = notice.CreatedAt };
        await Store.AddAsync([new NoticeRow
        {
            TenantId = tenant, NoticeId = "n-1", Channel = "slack", ThreadId = "thread", SubjectId = "a-1", Kind = notice.Kind, Recipient = "u-ada",
            Document = JsonSerializer.Serialize(document, NoticeJson.Default.QueueDocument), CreatedAt = notice.CreatedAt, Delivery = "queued", IsOpen = true,
        }]);

        Assert.Equal(1, await cluster.Work.WakeAsync(tenant, default));
        await Conversing.UntilAsync(() => Task.FromResult(cluster.Slack.SeenBy(tenant).Count == 1));
    }

    [Fact]
    public async Task DeadLetter_Replayed_IsSentOnItsFirstChannel()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        cluster.Slack.Refusing.Add(tenant);
        cluster.Email.Refusing.Add(tenant);
        await cluster.Router.TellAsync(tenant, [Notice(tenant, "n-1", "u-ada")], default);
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await Conversing.UntilAsync(async () => (await cluster.Settings(tenant).ListDeadLetters(10)).Count == 1);
        Assert.Equal("email", (await cluster.Settings(tenant).ListDeadLetters(10))[0].Channel);
        cluster.Slack.Refusing.Remove(tenant);

        await cluster.Settings(tenant).ReplayDeadLetter("n-1");
        await Conversing.UntilAsync(() => Task.FromResult(cluster.Slack.SeenBy(tenant).Count == 1));

        Assert.Empty(await cluster.Settings(tenant).ListDeadLetters(10));
        await Assert.ThrowsAsync<StewardException>(() => cluster.Settings(tenant).ReplayDeadLetter("n-1"));
    }

    [Fact]
    public async Task Inbox_Watch_GivesWhatWasThereAndWhatComes()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await cluster.Router.TellAsync(tenant, [Notice(tenant, "n-1", "u-ada")], default);
        await UntilDone(tenant, 2);
        cluster.SignIn(tenant, "u-ada");
        await using var items = cluster.Inbox(tenant, "u-ada").Watch(0).GetAsyncEnumerator();
        Assert.True(await items.MoveNextAsync());
        Assert.Equal("n-1", items.Current.NoticeId);

        var next = items.MoveNextAsync();
        await cluster.Router.TellAsync(tenant, [Notice(tenant, "n-2", "u-ada", NoticeKinds.ApprovalComment)], default);

        Assert.True(await next.AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal((2, "n-2"), (items.Current.Sequence, items.Current.NoticeId));
    }

    [Fact]
    public async Task Inbox_Mark_IsNotedWithTheNotice()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await cluster.Router.TellAsync(tenant, [Notice(tenant, "n-1", "u-ada")], default);
        await UntilDone(tenant, 2);
        cluster.SignIn(tenant, "u-ada");

        await cluster.Inbox(tenant, "u-ada").Mark(new MarkInbox { SeenThrough = 1 });

        Assert.Equal(0, (await cluster.Inbox(tenant, "u-ada").List(null, 10)).Unseen);
        await Conversing.UntilAsync(async () => (await Store.FindAsync(tenant, "n-1")).Any(row => row is { Channel: "in_app", Engagement: "seen" }));
    }

    [Fact]
    public async Task Inbox_OfSomebodyElse_DoesNotExist()
    {
        cluster.SignIn("t-acme", "u-eve");
        var refused = await Assert.ThrowsAsync<StewardException>(() => cluster.Inbox("t-acme", "u-ada").List(null, 10));
        Assert.Equal(ErrorCodes.NotFound, refused.Code);
    }

    [Theory]
    [InlineData("channels", """{"channels":["sms"]}""")]
    [InlineData("byKind", """{"byKind":{"nothing":[]}}""")]
    [InlineData("quietFrom", """{"quietFrom":"25:00","quietUntil":"07:00"}""")]
    [InlineData("quietUntil", """{"quietFrom":"22:00"}""")]
    [InlineData("timeZone", """{"timeZone":"Mars/Base"}""")]
    [InlineData("locale", """{"locale":"d"}""")]
    public async Task SetPreferences_Wrong_NamesTheField(string field, string json)
    {
        cluster.SignIn("t-acme", "u-ada");
        var preferences = JsonSerializer.Deserialize(json, InboxJson.Default.NotificationPreferences)!;

        var refused = await Assert.ThrowsAsync<StewardException>(() => cluster.Inbox("t-acme", "u-ada").SetPreferences(preferences));

        Assert.Equal((ErrorCodes.InvalidArgument, field), (refused.Code, refused.Field));
    }

    [Fact]
    public async Task SetSettings_InstanceOfAnotherTemplate_IsRefused()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        var settings = (await cluster.Settings(tenant).Get()) with { Channels = [new NotificationChannel { Channel = "slack", Instance = "mail" }] };

        var refused = await Assert.ThrowsAsync<StewardException>(() => cluster.Settings(tenant).Set(settings));

        Assert.Equal("channels[0].instance", refused.Field);
    }

    [Fact]
    public async Task SetSettings_ByAnotherMeanwhile_IsRefused()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);

        var refused = await Assert.ThrowsAsync<StewardException>(() => cluster.Settings(tenant).Set(new NotificationSettings()));

        Assert.Equal((ErrorCodes.Conflict, "revision"), (refused.Code, refused.Field));
    }

    [Fact]
    public async Task SetSettings_TwoAtOnceFromTheSameRevision_OneIsRefused()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        var settings = await cluster.Settings(tenant).Get();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(async number =>
        {
            try
            {
                return (await cluster.Settings(tenant).Set(settings with { Locale = number % 2 == 0 ? "de" : "en" })).Revision;
            }
            catch (StewardException refused) when (refused.Code == ErrorCodes.Conflict)
            {
                return 0;
            }
        }));

        Assert.Equal([0, 0, 0, settings.Revision + 1], outcomes.Order());
        Assert.Equal(settings.Revision + 1, (await cluster.Settings(tenant).Get()).Revision);
    }

    [Fact]
    public async Task Inbox_MarkedOften_JournalStaysShort()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await cluster.Router.TellAsync(tenant, [Notice(tenant, "n-1", "u-ada")], default);
        await UntilDone(tenant, 2);
        cluster.SignIn(tenant, "u-ada");
        for (var change = 0; change < 4100; change++)
        {
            await cluster.Inbox(tenant, "u-ada").SetPreferences(new NotificationPreferences { Channels = change % 2 == 0 ? ["email"] : ["slack"] });
        }

        var journal = await cluster.Silo.GetRequiredService<IJournalStore>().ReadAsync(GrainKeys.Inbox(tenant, "u-ada"), 0, 5000);
        Assert.InRange(journal.Count(entry => entry.Payload.Length > 0), 1, 400);
        Assert.Single((await cluster.Inbox(tenant, "u-ada").List(null, 10)).Items);
    }

    [Fact]
    public async Task SetSettings_ByAnEmployee_IsRefused()
    {
        cluster.SignIn("t-acme", "u-ada");
        var refused = await Assert.ThrowsAsync<StewardException>(() => cluster.Settings("t-acme").Set(new NotificationSettings()));
        Assert.Equal(ErrorCodes.Forbidden, refused.Code);
    }

    [Fact]
    public async Task Preview_OwnText_IsShownAndKeptNowhere()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);

        var preview = await cluster.Settings(tenant).Preview(new PreviewNotice { Kind = NoticeKinds.ApprovalRequested, Channel = "slack", Template = "Decide now\nPlease." });

        Assert.Equal("Decide now", preview.Title);
        Assert.Contains("blocks", preview.Payload, StringComparison.Ordinal);
        Assert.Empty((await cluster.Settings(tenant).Get()).Templates);
    }

    [Fact]
    public async Task TellAdmins_KnownAdmins_AreToldOnce()
    {
        var tenant = await cluster.TenantAsync();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        var admins = cluster.Silo.GetRequiredService<INoticeAdmins>();
        cluster.SignIn(tenant, PlatformIdentity.UserId, WellKnownRoles.System);
        var known = cluster.Grains.GetGrain<Steward.People.IKnownHoldersGrain>(GrainKeys.KnownHolders(tenant, WellKnownRoles.Admin));
        await known.Saw(new CallerIdentity { TenantId = tenant, UserId = "u-root", Roles = [WellKnownRoles.Admin], Email = "root@acme.example" }, holds: true);
        await known.Saw(new CallerIdentity { TenantId = tenant, UserId = "u-gone", Roles = [WellKnownRoles.Admin], Email = "gone@acme.example" }, holds: true);
        await known.Saw(new CallerIdentity { TenantId = tenant, UserId = "u-gone", Roles = [], Email = "gone@acme.example" }, holds: false);

        Assert.Equal(1, await admins.TellAdminsAsync(tenant, NoticeKinds.ConnectorSignIn, "okta-1", "c-okta", """{"instance":"okta"}""", default));
        Assert.Equal(1, await admins.TellAdminsAsync(tenant, NoticeKinds.ConnectorSignIn, "okta-1", "c-okta", """{"instance":"okta"}""", default));
        await Conversing.UntilAsync(() => Task.FromResult(cluster.Slack.SeenBy(tenant).Count == 1));
        await UntilDone(tenant, 2, "c-okta");
    }

    private INotificationStore Store => cluster.Silo.GetRequiredService<INotificationStore>();

    private Task UntilDone(string tenant, int rows, string subject = "a-1") =>
        Conversing.UntilAsync(async () => await Store.ListBySubjectAsync(tenant, subject, 100) is { } known && known.Count == rows && known.All(row => !row.IsOpen));

    private static Notice Notice(string tenant, string id, string user, string kind = NoticeKinds.ApprovalRequested) => new()
    {
        NoticeId = id,
        TenantId = tenant,
        Kind = kind,
        Recipient = new NoticeRecipient { UserId = user, Email = $"{user[2..]}@acme.example", Name = user },
        ThreadId = $"a-1/{user}",
        SubjectId = "a-1",
        Data = NoticeData.Write(new ApprovalNoticeData { ApprovalId = "a-1", SubjectHash = new string('0', 64), Summary = "Give access", Status = kind == NoticeKinds.ApprovalClosed ? "approved" : null }),
        IsActionable = kind == NoticeKinds.ApprovalRequested,
        CreatedAt = TimeProvider.System.GetUtcNow(),
    };
}
