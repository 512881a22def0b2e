using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Security.Webhooks;

namespace Steward.Engines.Security.Tests.Webhooks;

public class WebhookSignatureTests
{
    // The vector that Standard Webhooks' own libraries test with.
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    private static readonly SecretText Secret = new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    private static readonly DateTimeOffset SignedAt = DateTimeOffset.FromUnixTimeSeconds(1614265330);
    private static readonly byte[] Body = """{"test": 2432232314}"""u8.ToArray();

    [Fact]
    public void Sign_VectorOfTheStandard_IsItsSignature() => Assert.Equal(Signature, WebhookSignature.Sign([Secret], Id, SignedAt, Body));

    [Fact]
    public void Verify_VectorOfTheStandard_IsValid() => Assert.Equal(WebhookVerdict.Valid, At(SignedAt).Verify(Id, "1614265330", Signature, Body));

    [Theory]
    [InlineData(-300, WebhookVerdict.Valid)]
    [InlineData(300, WebhookVerdict.Valid)]
    [InlineData(-301, WebhookVerdict.OutOfTime)]
    [InlineData(301, WebhookVerdict.OutOfTime)]
    public void Verify_ClockApart_IsValidWithinFiveMinutes(int seconds, WebhookVerdict verdict) =>
        Assert.Equal(verdict, At(SignedAt.AddSeconds(seconds)).Verify(Id, "1614265330", Signature, Body));

    [Theory]
    [InlineData(null, "1614265330", Signature)]
    [InlineData("", "1614265330", Signature)]
    [InlineData(Id, null, Signature)]
    [InlineData(Id, "yesterday", Signature)]
    [InlineData(Id, "-1", Signature)]
    [InlineData(Id, "1614265330.5", Signature)]
    [InlineData(Id, "1614265330", null)]
    [InlineData(Id, "1614265330", "")]
    public void Verify_MissingOrMalformedHeader_IsMalformed(string? id, string? timestamp, string? signature) =>
        Assert.Equal(WebhookVerdict.Malformed, At(SignedAt).Verify(id, timestamp, signature, Body));

    [Theory]
    [InlineData("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=")]
    [InlineData("v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData("v1,")]
    [InlineData("v1,%%%")]
    public void Verify_WrongSignature_IsRefused(string signature) => Assert.Equal(WebhookVerdict.WrongSignature, At(SignedAt).Verify(Id, "1614265330", signature, Body));

    [Fact]
    public void Verify_OneChangedByteAnywhere_IsRefused()
    {
        Prop.ForAll(Gen.Choose(0, (Body.Length * 8) - 1).ToArbitrary(), bit =>
        {
            var changed = Body.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            return At(SignedAt).Verify(Id, "1614265330", Signature, changed) == WebhookVerdict.WrongSignature;
        }).Check(Config.QuickThrowOnFailure);
        Assert.Equal(WebhookVerdict.WrongSignature, At(SignedAt).Verify(Id + "x", "1614265330", Signature, Body));
        Assert.Equal(WebhookVerdict.WrongSignature, At(SignedAt).Verify(Id, "1614265331", Signature, Body));
    }

    [Fact]
    public void Verify_DuringARotation_TakesOldAndNew()
    {
        var other = WebhookSecret.Create();
        var signed = WebhookSignature.Sign([other, Secret], Id, SignedAt, Body);

        Assert.Equal(2, signed.Split(' ').Length);
        Assert.Equal(WebhookVerdict.Valid, At(SignedAt).Verify(Id, "1614265330", signed, Body));
        Assert.Equal(WebhookVerdict.Valid, At(SignedAt, other).Verify(Id, "1614265330", signed, Body));
        Assert.Equal(WebhookVerdict.WrongSignature, At(SignedAt, WebhookSecret.Create()).Verify(Id, "1614265330", signed, Body));
    }

    [Fact]
    public void Verify_SameRequestAgain_IsAReplayUntilItIsTooOldAnyway()
    {
        var time = new ManualTimeProvider { Now = SignedAt };
        var verifier = new WebhookVerifier([Secret], time);

        Assert.Equal(WebhookVerdict.Valid, verifier.Verify(Id, "1614265330", Signature, Body));
        Assert.Equal(WebhookVerdict.Replayed, verifier.Verify(Id, "1614265330", Signature, Body));
        time.Now += TimeSpan.FromMinutes(6);
        Assert.Equal(WebhookVerdict.OutOfTime, verifier.Verify(Id, "1614265330", Signature, Body));
    }

    [Fact]
    public void Verify_SameMessageSentAgainLater_IsNoReplay()
    {
        var time = new ManualTimeProvider { Now = SignedAt };
        var verifier = new WebhookVerifier([Secret], time);
        verifier.Verify(Id, "1614265330", Signature, Body);
        var again = WebhookSignature.Sign([Secret], Id, SignedAt.AddSeconds(5), Body);

        Assert.Equal(WebhookVerdict.Valid, verifier.Verify(Id, "1614265335", again, Body));
    }

    [Fact]
    public void Create_Secret_IsReadable()
    {
        Assert.True(WebhookSecret.TryRead(WebhookSecret.Create(), out var key));
        Assert.Equal(32, key.Length);
    }

    [Theory]
    [InlineData(23, false)]
    [InlineData(24, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void TryRead_Length_MustBe24To64Bytes(int bytes, bool readable) =>
        Assert.Equal(readable, WebhookSecret.TryRead(new SecretText("whsec_" + Convert.ToBase64String(new byte[bytes])), out _));

    [Fact]
    public void Open_SealedSecret_OnlyInItsPlaceUnchangedAndWithItsKey()
    {
        var first = new byte[32];
        var second = Enumerable.Repeat((byte)7, 32).ToArray();
        var before = new SecretSealer(new ClusterKeyRing([first]));
        var rotated = new SecretSealer(new ClusterKeyRing([second, first]));
        var after = new SecretSealer(new ClusterKeyRing([second]));
        var sealedText = before.Seal(Secret, "t-acme/w-1");

        Assert.DoesNotContain("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", sealedText, StringComparison.Ordinal);
        Assert.NotEqual(sealedText, before.Seal(Secret, "t-acme/w-1"));
        Assert.True(rotated.TryOpen(sealedText, "t-acme/w-1", out var opened));
        Assert.Equal(Secret, opened);
        Assert.False(before.TryOpen(sealedText, "t-acme/w-2", out _));
        Assert.False(after.TryOpen(sealedText, "t-acme/w-1", out _));
        Assert.False(before.TryOpen(sealedText[..^2] + (sealedText[^2] == 'A' ? 'B' : 'A') + sealedText[^1], "t-acme/w-1", out _));
        Assert.False(before.TryOpen("v1.x", "t-acme/w-1", out _));
        Assert.False(before.TryOpen(null, "t-acme/w-1", out _));
    }

    private static WebhookVerifier At(DateTimeOffset now, SecretText? secret = null) => new([secret ?? Secret], new ManualTimeProvider { Now = now });
}
