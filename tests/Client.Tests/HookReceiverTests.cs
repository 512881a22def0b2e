using System.Reflection;
using Steward.Connectors;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Testing;

namespace Steward.Client.Tests;

/// <summary>A sender of webhooks is answered before it would give up, also when the grain that takes its events does not answer.</summary>
public sealed class HookReceiverTests
{
    private static readonly HookDelivery Delivery = new() { Method = "POST", Url = "https://steward.example/hooks/t-acme/chat", Body = "{}"u8.ToArray(), Headers = new Dictionary<string, string>(), Query = new Dictionary<string, string>() };

    private readonly ManualTimeProvider _time = new();
    private readonly IClusterClient _cluster = DispatchProxy.Create<IClusterClient, FakeCluster>();

    private FakeCluster Fake => (FakeCluster)(object)_cluster;

    [Fact]
    public async Task Receive_TemplateSaysHowSoon_GivesUpBeforeThatOnceItIsKnown()
    {
        var receiver = Create();
        Fake.Answer = _ => Task.FromResult(new HookAnswer { Status = 202, Patience = TimeSpan.FromMilliseconds(800) });
        Assert.Equal(202, (await receiver.ReceiveAsync("t-acme", "chat", Delivery)).Status);
        Fake.Answer = static _ => new TaskCompletionSource<HookAnswer>().Task;

        var waiting = receiver.ReceiveAsync("t-acme", "chat", Delivery);
        _time.Advance(TimeSpan.FromMilliseconds(799));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        var refused = await Assert.ThrowsAsync<StewardException>(() => waiting);
        Assert.Equal((ErrorCodes.Unavailable, true, true), (refused.Code, refused.IsRetryable, refused.OutcomeUnknown));
    }

    [Fact]
    public async Task Receive_RefusedOrUnknown_LearnsNothingAndWaitsAsLongAsAnyOwnerTakes()
    {
        var receiver = Create();
        Fake.Answer = _ => Task.FromResult(new HookAnswer { Status = 401 });
        await receiver.ReceiveAsync("t-acme", "chat", Delivery);
        Fake.Answer = static _ => new TaskCompletionSource<HookAnswer>().Task;

        var waiting = receiver.ReceiveAsync("t-acme", "chat", Delivery);
        _time.Advance(TimeSpan.FromSeconds(19));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<StewardException>(() => waiting);
    }

    [Fact]
    public async Task Receive_OneInstanceIsInAHurry_OthersAreNot()
    {
        var receiver = Create();
        Fake.Answer = _ => Task.FromResult(new HookAnswer { Status = 202, Patience = TimeSpan.FromMilliseconds(800) });
        await receiver.ReceiveAsync("t-acme", "chat", Delivery);
        Fake.Answer = static _ => new TaskCompletionSource<HookAnswer>().Task;

        var other = receiver.ReceiveAsync("t-acme", "desk", Delivery);
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.False(other.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(15));
        await Assert.ThrowsAsync<StewardException>(() => other);
    }

    private StewardHookReceiver Create() => new(_cluster, new IdentityEnvelopeSigner(ClusterKeyRing.Parse([Convert.ToBase64String(new byte[32])], "test"), _time), _time);

    /// <summary>A cluster that has the grains of hooks alone.</summary>
    public class FakeCluster : DispatchProxy
    {
        internal Func<CancellationToken, Task<HookAnswer>> Answer { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Assert.Equal(typeof(IConnectorHooksGrain), targetMethod!.GetGenericArguments()[0]);
            var grain = DispatchProxy.Create<IConnectorHooksGrain, FakeHooks>();
            ((FakeHooks)(object)grain).Answer = Answer;
            return grain;
        }
    }

    /// <summary>Takes events as the test says.</summary>
    public class FakeHooks : DispatchProxy
    {
        internal Func<CancellationToken, Task<HookAnswer>> Answer { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == nameof(IConnectorHooksGrain.Receive) ? Answer((CancellationToken)args![1]!) : throw new NotSupportedException(targetMethod.Name);
    }
}
