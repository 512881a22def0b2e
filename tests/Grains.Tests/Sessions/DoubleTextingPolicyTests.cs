using System.Text.Json;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;
using Steward.Storage;
using Steward.Tenants;

namespace Steward.Grains.Tests.Sessions;

public class DoubleTextingPolicyTests
{
    private readonly Conversation _conversation = new(new SessionOptions());
    private long _sequence;

    [Fact]
    public void Decide_NothingActive_Accepts()
    {
        Assert.Null(Decide(DoubleTexting.Reject).Refusal);
        Assert.False(DoubleTextingPolicy.Matters(new SubmitMessage { Text = "t", OperationId = "o" }, _conversation));
    }

    [Fact]
    public void Decide_Interrupt_TakesThePlaceOfAllThatHaveNoEnd()
    {
        User("r-1");
        User("r-2");

        var admission = Decide(DoubleTexting.Interrupt);

        Assert.Equal(["r-1", "r-2"], admission.Supersedes);
        Assert.Empty(admission.RollsBack);
    }

    [Fact]
    public void Decide_RollBackAfterAnInterrupt_StopsTheNewOneAndRollsAllBack()
    {
        User("r-1");
        User("r-2", supersedes: ["r-1"]);

        var admission = Decide(DoubleTexting.RollBack);

        Assert.Equal(["r-2"], admission.Supersedes);
        Assert.Equal(["r-1", "r-2"], admission.RollsBack);
    }

    [Fact]
    public void Decide_Interrupt_LeavesBackgroundRunsAlone()
    {
        User("r-1", background: true);
        User("r-2");

        Assert.Equal(["r-2"], Decide(DoubleTexting.Interrupt).Supersedes);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(2, false)]
    public void Decide_Enqueue_HoldsToTheTenantsLimit(int limit, bool refused)
    {
        User("r-1");

        Assert.Equal(refused, Decide(DoubleTexting.Enqueue, new TenantProfile { Name = "n", MaxWaitingMessages = limit }).Refusal is not null);
    }

    [Fact]
    public void Decide_NoPolicyGiven_TakesTheTenants()
    {
        User("r-1");

        Assert.NotNull(Decide(null, new TenantProfile { Name = "n", DoubleTexting = DoubleTexting.Reject }).Refusal);
    }

    [Fact]
    public void Decide_TooMuchHappenedSinceTheOldestMessage_IsRefusedWhateverThePolicy()
    {
        User("r-1");
        _sequence += 250;
        User("r-2", background: true);

        Assert.All([DoubleTexting.Enqueue, DoubleTexting.Interrupt, DoubleTexting.RollBack], policy => Assert.NotNull(Decide(policy).Refusal));
    }

    private MessageAdmission Decide(DoubleTexting? policy, TenantProfile? profile = null) =>
        DoubleTextingPolicy.Decide(new SubmitMessage { Text = "t", OperationId = "o", DoubleTexting = policy }, _conversation, profile, mostEntries: 248);

    private void User(string run, bool background = false, string[]? supersedes = null)
    {
        var message = new UserMessageAccepted
        {
            OperationId = "op-" + run,
            RunId = run,
            Text = "text",
            Requester = new CallerIdentity { TenantId = "t-acme", UserId = "u-ada" },
            Options = background ? new RunRequestOptions { Background = true } : null,
            Supersedes = supersedes,
        };
        _conversation.Apply(new JournalEntry
        {
            Sequence = ++_sequence,
            Type = SessionRecordTypes.UserMessage,
            At = DateTimeOffset.UnixEpoch,
            Payload = JsonSerializer.SerializeToUtf8Bytes(message, SessionJson.Default.UserMessageAccepted),
        });
    }
}
