using System.Text.Json;
using Steward.Engines.Approvals;
using Steward.Engines.Approvals.Machine;
using Steward.Webhooks;

namespace Steward.Grains.Tests.Notifications;

public sealed class ApprovalWebhooksTests
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    private static readonly ApprovalState Submitted = new()
    {
        Version = 1,
        ChangedAt = Begin,
        ExpiresAt = Begin.AddDays(3),
        Request = new ApprovalRequest
        {
            TenantId = "t-acme", ApprovalId = "a-1", Type = "licence", Action = "okta.apps.assign", Arguments = JsonElement.Parse("""{"secret":"x"}"""), SubjectHash = "hash", Summary = "private words",
            Requester = new Requester { UserId = "u-ada" }, RequestedAt = Begin,
        },
    };

    [Fact]
    public void Of_EscalatedThenApproved_IsOneEventForEachStateInOrder()
    {
        var state = Submitted with
        {
            Status = ApprovalStatus.Approved,
            Levels = [new LevelState { Number = 1, Name = "Manager", Required = 1, Seats = [], OpenedAt = Begin.AddSeconds(1), IsEscalated = true, EscalateAt = Begin.AddHours(1) }],
            End = new EndState { At = Begin.AddHours(2), By = "u-grace" },
        };

        var events = ApprovalWebhooks.Of(state).ToList();

        Assert.Equal(["approval.submitted", "approval.pending", "approval.escalated", "approval.approved"], events.Select(happened => happened.Type));
        Assert.Contains("\"decidedBy\":\"u-grace\"", events[^1].DataJson, StringComparison.Ordinal);
        Assert.All(events, happened => Assert.Contains(happened.Type, WebhookEventTypes.Subscribable));
    }

    [Fact]
    public void Of_Later_RepeatsEarlierEventsAsTheyWere()
    {
        var pending = Submitted with { Status = ApprovalStatus.Pending, Levels = [new LevelState { Number = 1, Name = "Manager", Required = 1, Seats = [], OpenedAt = Begin }] };

        var before = ApprovalWebhooks.Of(Submitted).Concat(ApprovalWebhooks.Of(pending)).Select(happened => (happened.Type, happened.Occurrence, happened.At, happened.DataJson)).Distinct().ToList();

        Assert.Equal(before, ApprovalWebhooks.Of(pending).Select(happened => (happened.Type, happened.Occurrence, happened.At, happened.DataJson)));
    }

    [Fact]
    public void Of_ArgumentsAndWords_AreNotTold() =>
        Assert.All(ApprovalWebhooks.Of(Submitted), happened => Assert.False(happened.DataJson.Contains("private words", StringComparison.Ordinal) || happened.DataJson.Contains("secret", StringComparison.Ordinal)));
}
