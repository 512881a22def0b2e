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

        Assert.True(_message.Confirm("one", isDurable));
        Assert.Equal(isDurable, await expected);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Confirm_BeforeTheStart_AnswersItWhenItComes(bool isDurable)
    {
        Assert.False(_message.Confirm("one", isDurable));

        Assert.Equal(isDurable, await _message.Expect("one"));
    }

    [Fact]
    public async Task Confirm_OfAnotherStart_ChangesNothing()
    {
        var expected = _message.Expect("one");

        Assert.False(_message.Confirm("two", false));
        Assert.False(expected.IsCompleted);
        Assert.True(_message.Confirm("one", true));
        Assert.False(_message.Confirm("one", false));
        Assert.True(await expected);
    }

    [Fact]
    public async Task Expect_NobodyConfirms_GivesUpAndStaysWithThat()
    {
        var message = new AwaitedMessage(new HastyTime());

        Assert.False(await message.Expect("one"));
        Assert.False(message.Confirm("one", true));
    }

    [Fact]
    public async Task GiveUp_WhileWaiting_IsNotDurable()
    {
        var expected = _message.Expect("one");
        _message.GiveUp();

        Assert.False(await expected);
        Assert.False(_message.Confirm("one", true));
    }

    /// <summary>Every timer rings at once.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
