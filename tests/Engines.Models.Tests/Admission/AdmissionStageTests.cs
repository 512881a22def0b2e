using System.Runtime.CompilerServices;
using Steward.Engines.Models.Admission;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tests.Gateway;
using Steward.Engines.Models.Tests.Routing;
using static Steward.Engines.Models.Tests.Gateway.GatewayUnderTest;

namespace Steward.Engines.Models.Tests.Admission;

public sealed class AdmissionStageTests
{
    [Fact]
    public async Task Ask_AllPlacesTaken_WaitsForOne()
    {
        await using var held = new Held(options => options.MaxConcurrent = 1);
        var second = held.Ask("second");
        Assert.Equal((false, 1, 1), (second.IsCompleted, held.Admission.InFlight, held.Admission.Waiting));
        held.Release();

        Assert.Equal("ok", await second);
        Assert.Equal((0, 0), (held.Admission.InFlight, held.Admission.Waiting));
    }

    [Fact]
    public async Task Ask_QueueIsFull_RefusedWithTheTimeToWait()
    {
        await using var held = new Held(options => (options.MaxConcurrent, options.MaxWaiting) = (1, 1));
        var waits = held.Ask("waits");
        var failure = await Assert.ThrowsAsync<ModelException>(() => held.Ask("refused"));

        Assert.Equal(("model_overloaded", true), (failure.Code, failure.IsRetryable));
        Assert.InRange(failure.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        held.Release();
        Assert.Equal("ok", await waits);
    }

    [Fact]
    public async Task Ask_TenantsQueueIsFull_OthersStillWait()
    {
        await using var held = new Held(options => (options.MaxConcurrent, options.MaxWaitingPerTenant) = (1, 1));
        var (first, other) = (held.Ask("first", "t-a"), held.Ask("other", "t-b"));
        Assert.Equal("model_overloaded", (await Assert.ThrowsAsync<ModelException>(() => held.Ask("second", "t-a"))).Code);
        held.Release();

        Assert.Equal(["ok", "ok"], await Task.WhenAll(first, other));
    }

    [Fact]
    public async Task Ask_OneTenantFillsTheQueue_ItsNewestGivesWay()
    {
        await using var held = new Held(options => (options.MaxConcurrent, options.MaxWaiting) = (1, 3));
        var noisy = Enumerable.Range(0, 3).Select(_ => held.Ask("noisy", "t-noisy")).ToList();
        var quiet = held.Ask("quiet", "t-quiet");
        Assert.Equal("model_overloaded", (await Assert.ThrowsAsync<ModelException>(() => noisy[2])).Code);
        held.Release();

        Assert.Equal(["ok", "ok", "ok"], await Task.WhenAll(noisy[0], noisy[1], quiet));
    }

    [Fact]
    public async Task Ask_InteractiveAndTheQueueIsFull_BackgroundGivesWay()
    {
        await using var held = new Held(options => (options.MaxConcurrent, options.MaxWaiting) = (1, 1));
        var background = held.Ask("background", isInteractive: false);
        var interactive = held.Ask("interactive");
        Assert.Equal("model_overloaded", (await Assert.ThrowsAsync<ModelException>(() => background)).Code);
        held.Release();

        Assert.Equal("ok", await interactive);
    }

    [Fact]
    public async Task Ask_WaitsTooLong_RefusedAndForgotten()
    {
        await using var held = new Held(options => options.MaxConcurrent = 1);
        var (interactive, background) = (held.Ask("interactive"), held.Ask("background", isInteractive: false));
        held.Gateway.Clock.Advance(TimeSpan.FromSeconds(10.1));
        Assert.Equal("model_overloaded", (await Assert.ThrowsAsync<ModelException>(() => interactive)).Code);
        Assert.False(background.IsCompleted);
        held.Gateway.Clock.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal("model_overloaded", (await Assert.ThrowsAsync<ModelException>(() => background)).Code);
        Assert.Equal((1, 0), (held.Admission.InFlight, held.Admission.Waiting));
    }

    [Fact]
    public async Task Ask_CallerGoesAway_LeavesTheQueue()
    {
        await using var held = new Held(options => options.MaxConcurrent = 1);
        using var cancel = new CancellationTokenSource();
        var gone = held.Ask("gone", cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);

        Assert.Equal((1, 0), (held.Admission.InFlight, held.Admission.Waiting));
    }

    [Fact]
    public async Task Ask_ManyOfBothPriorities_OneInNineIsBackground()
    {
        await using var held = new Held(options => options.MaxConcurrent = 1);
        var background = Enumerable.Range(0, 20).Select(number => held.Ask($"background {number}", isInteractive: false)).ToList();
        var interactive = Enumerable.Range(0, 27).Select(number => held.Ask($"interactive {number}")).ToList();
        held.Release();
        await Task.WhenAll([.. background, .. interactive]);
        var order = held.Gateway.Asked.Skip(1).Select(asked => asked.Request.Messages[^1].Text).ToList();

        Assert.Equal([8, 17, 26], Enumerable.Range(0, 27).Where(at => order[at].StartsWith("background", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Ask_ModelFails_PlaceIsGivenBack()
    {
        await using var gateway = new GatewayUnderTest(services => services.AddStewardModelAdmission(options => options.MaxConcurrent = 1));
        gateway.Script = (_, _, _) => FakeEndpoint.Failure("model_unavailable");
        for (var i = 0; i < 5; i++)
        {
            await Assert.ThrowsAsync<ModelException>(() => gateway.AskAsync(Call("q")));
        }

        Assert.Equal(0, gateway.Get<ModelAdmission>().InFlight);
    }

    /// <summary>A gateway whose only place is taken until it is released.</summary>
    private sealed class Held : IAsyncDisposable
    {
        private readonly TaskCompletionSource _release = new();
        private readonly Task<string> _holder;

        public Held(Action<ModelAdmissionOptions> configure)
        {
            Gateway = new GatewayUnderTest(services => services.AddStewardModelAdmission(configure, degradation => degradation.Forced = "full"));
            Gateway.Script = (_, _, _) => After(_release.Task);
            _holder = Ask("holder", "t-holder");
        }

        public GatewayUnderTest Gateway { get; }

        public ModelAdmission Admission => Gateway.Get<ModelAdmission>();

        public void Release() => _release.TrySetResult();

        public Task<string> Ask(string text, string tenant = "t-a", bool isInteractive = true, CancellationToken cancellationToken = default) =>
            Gateway.AskAsync(Call(text, tenant, origin: origin => origin with { IsInteractive = isInteractive }), cancellationToken);

        public async ValueTask DisposeAsync()
        {
            Release();
            await _holder;
            await Gateway.DisposeAsync();
        }

        private static async IAsyncEnumerable<ChatDelta> After(Task first, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await first.WaitAsync(cancellationToken);
            yield return new ChatText("ok");
            yield return FakeEndpoint.End();
        }
    }
}
