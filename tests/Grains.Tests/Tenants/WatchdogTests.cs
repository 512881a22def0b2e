using System.Text.Json;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Sessions;
using Steward.Storage;
using Steward.Tenants;

namespace Steward.Grains.Tests.Tenants;

[Collection(GrainClusterGroup.Name)]
public class WatchdogTests(GrainCluster cluster)
{
    [Fact]
    public async Task Reminder_SessionThatStandsStill_IsTakenUp()
    {
        var key = Conversing.NewSession("t-watch", "u-ada");
        await LeaveBehindAsync(key, TimeSpan.FromMinutes(5));
        var fresh = Conversing.NewSession("t-watch", "u-ada");
        await LeaveBehindAsync(fresh, TimeSpan.Zero);

        await cluster.Grains.GetGrain<ITenantGrain>("t-watch").AsReference<IRemindable>().ReceiveReminder("watchdog", default);

        await Conversing.UntilAsync(async () => (await cluster.Journals.ReadTailAsync(key, 1))[0].Type == SessionRecordTypes.AssistantMessage);
        Assert.Equal(SessionRecordTypes.UserMessage, (await cluster.Journals.ReadTailAsync(fresh, 1))[0].Type);
    }

    /// <summary>What a silo leaves behind that dies after it accepted a message and before it started its run.</summary>
    private async Task LeaveBehindAsync(string key, TimeSpan ago)
    {
        var at = DateTimeOffset.UtcNow - ago;
        var message = new UserMessageAccepted
        {
            OperationId = "op",
            RunId = "r-" + Guid.NewGuid().ToString("n"),
            Text = "say late but done",
            Requester = new CallerIdentity { TenantId = "t-watch", UserId = "u-ada" },
        };
        var appended = await cluster.Journals.AppendAsync(new JournalAppend
        {
            Journal = key,
            ExpectedSequence = 0,
            Open = true,
            Records =
            [
                new JournalRecord { Type = SessionRecordTypes.Opened, At = at, Payload = JsonSerializer.SerializeToUtf8Bytes(new SessionOpened(), SessionJson.Default.SessionOpened) },
                new JournalRecord { Type = SessionRecordTypes.UserMessage, At = at, Payload = JsonSerializer.SerializeToUtf8Bytes(message, SessionJson.Default.UserMessageAccepted) },
            ],
        });
        Assert.IsType<JournalAppended>(appended);
    }
}
