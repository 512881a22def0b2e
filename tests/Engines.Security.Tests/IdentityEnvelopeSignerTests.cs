using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Steward.Engines.Security.Tests;

public sealed class IdentityEnvelopeSignerTests
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    private readonly ManualTimeProvider _time = new();

    private static EnvelopeIdentity Ada => new()
    {
        TenantId = "t-acme", UserId = "u-ada", Roles = ["admin", "helpdesk"], Name = "Ada Lövelace", Email = "ada@acme.example",
    };

    private IdentityEnvelopeSigner Signer(params byte[][] keys) => new(new ClusterKeyRing(keys.Length == 0 ? [Key] : keys), _time);

    [Fact]
    public void TryVerify_OtherProcessWithTheSameKey_GivesTheIdentity()
    {
        var envelope = Signer().Sign(Ada);

        Assert.True(Signer().TryVerify(envelope, out var identity, out var failure), failure);
        Assert.Equal(Ada, identity);
        Assert.StartsWith("v1.", envelope, StringComparison.Ordinal);
    }

    [Fact]
    public void Sign_AnyTexts_SurviveTheRoundTrip()
    {
        var signer = Signer();
        var verifier = Signer();
        Prop.ForAll<NonEmptyString, NonEmptyString, string[]>((tenant, user, roles) =>
        {
            // Unpaired surrogates have no UTF-8 form and become the replacement character.
            static string Clean(string? text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? ""));
            var identity = new EnvelopeIdentity { TenantId = Clean(tenant.Get), UserId = Clean(user.Get), Roles = [.. roles.Select(Clean)] };
            return verifier.TryVerify(signer.Sign(identity), out var read, out _) && read.Equals(identity);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void TryVerify_AnyCharacterChanged_IsRefused()
    {
        var envelope = Signer().Sign(Ada);
        var verifier = Signer();
        Assert.True(verifier.TryVerify(envelope, out _, out _));
        for (var at = 0; at < envelope.Length; at++)
        {
            for (var bit = 0; bit < 7; bit++)
            {
                var changed = envelope.ToCharArray();
                changed[at] ^= (char)(1 << bit);
                Assert.False(verifier.TryVerify(new string(changed), out _, out _), $"bit {bit} of character {at}");
            }
        }
    }

    [Fact]
    public void TryVerify_AnyText_NeverThrows()
    {
        var verifier = Signer();
        var keyId = new ClusterKeyRing([Key]).CurrentKeyId;
        Prop.ForAll<string>(text =>
            !verifier.TryVerify(text, out _, out _) &&
            !verifier.TryVerify("v1." + text, out _, out _) &&
            !verifier.TryVerify($"v1.{keyId}.{text}.{new string('A', 43)}", out _, out _)).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("""{"t":"t-acme","u":"u-ada","r":[],"iat":1,"exp":"x"}""")]
    [InlineData("""{"t":"t-acme","u":"u-ada","r":[],"iat":1,"exp":99999999999999,"x":1}""")]
    [InlineData("""["t-acme"]""")]
    [InlineData("""{"t":"t-acme"}""")]
    [InlineData("")]
    public void TryVerify_SignedButNotAnIdentity_IsRefused(string payload)
    {
        var ring = new ClusterKeyRing([Key]);
        var signedPart = $"v1.{ring.CurrentKeyId}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload))}";
        var mac = HMACSHA256.HashData(ring.TryDeriveKey(ring.CurrentKeyId, "steward/identity-envelope/v1")!, Encoding.ASCII.GetBytes(signedPart));

        Assert.False(Signer().TryVerify($"{signedPart}.{Base64Url.EncodeToString(mac)}", out _, out var failure));
        Assert.Contains("malformed", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void TryVerify_Expired_IsRefusedAlsoWhenItWasCached()
    {
        var signer = Signer();
        var envelope = signer.Sign(Ada, TimeSpan.FromMinutes(5));
        Assert.True(signer.TryVerify(envelope, out _, out _));

        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.False(signer.TryVerify(envelope, out _, out var failure));
        Assert.Contains("expired", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void TryVerify_FromTheFuture_IsRefusedUntilTheClockIsNear()
    {
        _time.Advance(TimeSpan.FromSeconds(31));
        var envelope = Signer().Sign(Ada);
        _time.Advance(TimeSpan.FromSeconds(-31));
        var verifier = Signer();

        Assert.False(verifier.TryVerify(envelope, out _, out _));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(verifier.TryVerify(envelope, out _, out _));
    }

    [Fact]
    public void TryVerify_KeysRotated_OldOnesVerifyAndUnknownOnesDoNot()
    {
        var fresh = RandomNumberGenerator.GetBytes(32);
        var envelope = Signer().Sign(Ada);

        Assert.True(Signer(fresh, Key).TryVerify(envelope, out _, out _));
        Assert.False(Signer(fresh).TryVerify(envelope, out _, out var failure));
        Assert.Contains("key", failure, StringComparison.Ordinal);
        Assert.True(Signer(Key, fresh).TryVerify(Signer(fresh, Key).Sign(Ada), out _, out _));
    }

    [Fact]
    public void TryVerify_TooLong_IsRefused() =>
        Assert.False(Signer().TryVerify("v1." + new string('a', IdentityEnvelopeSigner.MaxLength), out _, out _));

    [Fact]
    public void TryVerify_Missing_IsRefused()
    {
        Assert.False(Signer().TryVerify(null, out _, out _));
        Assert.False(Signer().TryVerify("", out _, out _));
    }

    [Fact]
    public void Sign_SameIdentity_IsReusedForHalfOfItsLifetime()
    {
        var signer = Signer();
        var envelope = signer.Sign(Ada);

        _time.Advance(TimeSpan.FromSeconds(149));
        Assert.Equal(envelope, signer.Sign(Ada));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotEqual(envelope, signer.Sign(Ada));
    }

    [Fact]
    public void Sign_RolesChangedByTheirOwnerLater_SignsTheChange()
    {
        var signer = Signer();
        var roles = new List<string> { "employee" };
        _ = signer.Sign(Ada with { Roles = roles });
        roles.Add("admin");

        Assert.True(signer.TryVerify(signer.Sign(Ada with { Roles = roles }), out var identity, out _));
        Assert.Equal(["employee", "admin"], identity.Roles);
        Assert.True(signer.TryVerify(signer.Sign(Ada with { Roles = ["employee"] }), out identity, out _));
        Assert.Equal(["employee"], identity.Roles);
    }

    [Fact]
    public void Sign_TooManyRoles_IsRefused() =>
        Assert.Throws<ArgumentException>(() => Signer().Sign(Ada with { Roles = [.. Enumerable.Range(0, 2000).Select(i => $"role-{i}")] }));

    [Fact]
    public void Caches_ManyIdentities_StayBounded()
    {
        var cache = new TwoGenerationCache<int, int>(100);
        for (var i = 0; i < 10_000; i++)
        {
            cache.Set(i, i);
            Assert.True(cache.TryGet(i, out _));
        }

        Assert.InRange(cache.Count, 1, 200);
    }
}
