using Steward.Engines.Security.Webhooks;
using Steward.Webhooks;

namespace Steward.Grains.Tests.Webhooks;

public class WebhookRetriesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly WebhookResult Failure = new(WebhookOutcome.Failed, 500, "status 500");

    [Fact]
    public void After_FailureAfterFailure_WaitsLongerAndThenGivesUp()
    {
        var waits = Enumerable.Range(0, 8).Select(attempts => After(attempts, 0.5, Failure).NextAt - Now);

        Assert.Equal(
            [
                TimeSpan.FromSeconds(5),
                TimeSpan.FromSeconds(30),
                TimeSpan.FromMinutes(2),
                TimeSpan.FromMinutes(10),
                TimeSpan.FromHours(1),
                TimeSpan.FromHours(6),
                TimeSpan.FromHours(24),
                null,
            ],
            waits);
        Assert.Equal(WebhookDeliveryState.Failed, After(7, 0.5, Failure).State);
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(0.999, 5.998)]
    public void After_Failure_DrawsItsWait(double draw, double seconds) => Assert.Equal(seconds, (After(0, draw, Failure).NextAt - Now)!.Value.TotalSeconds, 0.001);

    [Theory]
    [InlineData(120, 120)]
    [InlineData(1, 5)]
    public void After_ReceiverAsksForAWait_WaitsNoShorter(int asked, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), After(0, 0.5, Failure with { RetryAfter = TimeSpan.FromSeconds(asked) }).NextAt - Now);

    [Theory]
    [InlineData(71, false)]
    [InlineData(72, true)]
    public void After_FailingForDays_Disables(int hours, bool disables) =>
        Assert.Equal(disables ? WebhookRetries.Failing : null, After(0, 0.5, Failure, Now.AddHours(-hours)).Disables);

    [Fact]
    public void After_DeliveredOrGone_IsOver()
    {
        Assert.Equal((WebhookDeliveryState.Delivered, null), State(After(3, 0.5, new WebhookResult(WebhookOutcome.Delivered, 204, null), Now.AddDays(-9))));
        Assert.Equal((WebhookDeliveryState.Failed, WebhookRetries.Gone), State(After(0, 0.5, new WebhookResult(WebhookOutcome.Gone, 410, "status 410"))));

        static (WebhookDeliveryState, string?) State(WebhookAttempted attempted) => (attempted.State, attempted.Disables);
    }

    private static WebhookAttempted After(int attempts, double draw, WebhookResult result, DateTimeOffset? failingSince = null) => new WebhookRetries(new WebhookOptions(), () => draw).After(
        new WebhookMessageState { DeliveryId = "d-1", Type = "run.ended", CreatedAt = Now, Attempts = attempts },
        failingSince,
        result,
        Now);
}
