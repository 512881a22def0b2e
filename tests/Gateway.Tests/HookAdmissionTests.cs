using System.Net;
using Microsoft.Extensions.Options;
using Steward.Gateway;
using Steward.Gateway.Hooks;
using Steward.Testing;

namespace Steward.Gateway.Tests;

/// <summary>Who still comes through while strangers take all that strangers may take.</summary>
public sealed class HookAdmissionTests
{
    private static readonly IPAddress Stranger = IPAddress.Parse("203.0.113.9");

    private readonly ManualTimeProvider _time = new();
    private readonly HookAdmission _admission;

    public HookAdmissionTests() => _admission = new HookAdmission(Options.Create(new StewardGatewayOptions()), _time);

    [Fact]
    public void TryAdmit_FloodFromOneAddress_OthersProveThemselvesAllTheSame()
    {
        Flood();

        // A few of them share with the stranger, by a hash that is another one in each process.
        Assert.InRange(Enumerable.Range(1, 200).Count(number => Comes("t-acme", $"slack-{number}", IPAddress.Parse($"198.51.100.{number}"))), 120, 200);
        Assert.False(Comes("t-acme", "slack", Stranger));
    }

    [Fact]
    public void TryAdmit_ProvenInstance_IsNotHeldUpByAnybody()
    {
        _admission.Proven("t-acme", "slack");
        Flood();

        Assert.True(Comes("t-acme", "slack", Stranger));
    }

    [Fact]
    public void TryAdmit_FloodFromEverywhere_IsBounded()
    {
        var random = new Random(1);
        var admitted = Enumerable.Range(0, 100_000).Count(number => Comes($"t-{number}", "any", new IPAddress(random.NextInt64(uint.MaxValue))));

        Assert.InRange(admitted, 100, 100 + (4 * 256));
    }

    [Fact]
    public void TryAdmit_AddressesOfOneNetwork_ShareWhatTheyKeep()
    {
        Flood();

        Assert.InRange(Enumerable.Range(1, 100).Count(number => Comes("t-acme", "slack", IPAddress.Parse($"2001:db8::{number}"))), 0, 4);
    }

    private void Flood()
    {
        for (var number = 0; number < 300; number++)
        {
            Comes($"t-x{number}", "any", Stranger);
        }
    }

    private bool Comes(string tenant, string instance, IPAddress sender) => _admission.TryAdmit(tenant, instance, sender, out _);
}
