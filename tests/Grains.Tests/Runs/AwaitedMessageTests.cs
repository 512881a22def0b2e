using Steward.Runs;

namespace Steward.Grains.Tests.Runs;

public class AwaitedMessageTests
{
    private readonly AwaitedMessage _message = new(TimeProvider.System);

    [Fact]
    public async Task Expect_WithoutATicket_IsDurable() => Assert.True(await _message.Expect(null));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Confirm_AfterTheStart_AnswersIt(bool isDurable)
    {
        var expected = _message.Expect("one");
        Assert.False(expected.IsCompleted);

        _message.Confirm("one", isDurable);
        Assert.Equal(isDurable, await expected);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Confirm_BeforeTheStart_AnswersItWhenItComes(bool isDurable)
    {
        _message.Confirm("one", isDurable);

        Assert.Equal(isDurable, await _message.Expect("one"));
    }

    [Fact]
    public async Task Confirm_OfAnotherStart_ChangesNothing()
    {
        var expected = _message.Expect("one");

        _message.Confirm("two", false);
        Assert.False(expected.IsCompleted);
        _message.Confirm("one", true);
        _message.Confirm("one", false);
        Assert.True(await expected);
    }

    [Fact]
    public async Task Expect_NobodyConfirms_GivesUpAndStaysWithThat()
    {
        var message = new AwaitedMessage(new HastyTime());

        var expected = message.Expect("one");
        Assert.False(await expected);
        message.Confirm("one", true);
        Assert.False(await expected);
    }

    [Fact]
    public async Task GiveUp_WhileWaiting_IsNotDurable()
    {
        var expected = _message.Expect("one");
        _message.GiveUp();

        _message.Confirm("one", true);
        Assert.False(await expected);
    }

    /// <summary>Every timer rings at once.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
