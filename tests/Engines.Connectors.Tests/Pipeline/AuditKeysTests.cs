using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Pipeline;

public sealed class AuditKeysTests
{
    private static readonly JsonElement Arguments = JsonElement.Parse("""{"phone":"+49 30 1234","pin":"4711","name":"Ada"}""");

    private readonly ClusterKeyRing _ring = Ring(1);

    [Fact]
    public void Hash_SameArguments_IsTheSameForATenantAndAnotherForOthers()
    {
        var (here, there) = (new AuditKeys(_ring), new AuditKeys(Ring(1)));
        var reordered = JsonElement.Parse("""{"name":"Ada","pin":"4711","phone":"+49 30 1234"}""");

        Assert.Equal(HashOf(here, "t-acme", Arguments), HashOf(there, "t-acme", reordered));
        Assert.NotEqual(HashOf(here, "t-acme", Arguments), HashOf(here, "t-other", Arguments));
        Assert.NotEqual(HashOf(here, "t-acme", Arguments), HashOf(new AuditKeys(Ring(2)), "t-acme", Arguments));
        Assert.StartsWith(_ring.CurrentKeyId + ".", HashOf(here, "t-acme", Arguments), StringComparison.Ordinal);
    }

    [Fact]
    public void Redact_ShortValue_CannotBeFoundByTryingAll()
    {
        var keys = new AuditKeys(_ring);
        var shown = AuditArguments.Redact(Arguments, ["pin"], text => keys.Hash("t-acme", text));

        Assert.DoesNotContain("4711", shown, StringComparison.Ordinal);
        for (var pin = 0; pin < 10_000; pin++)
        {
            var guess = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{pin:0000}")));
            Assert.DoesNotContain(guess, shown, StringComparison.Ordinal);
        }
    }

    private static string HashOf(AuditKeys keys, string tenant, JsonElement arguments) => AuditArguments.HashOf(arguments, text => keys.Hash(tenant, text));

    private static ClusterKeyRing Ring(byte seed) => new([Enumerable.Repeat(seed, 32).ToArray()]);
}
