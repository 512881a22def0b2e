using FsCheck;
using FsCheck.Fluent;

namespace Steward.Engines.Security.Tests;

public sealed class ApiKeysTests
{
    [Theory]
    [InlineData("t-acme")]
    [InlineData("t-a.b.c-d_e")]
    [InlineData("t-0")]
    public void TryParse_CreatedKey_GivesItsPartsAndMatches(string tenantId)
    {
        var created = ApiKeys.Create(tenantId);

        Assert.True(ApiKeys.TryParse(created.Text.Reveal(), out var parsed));
        Assert.Equal((tenantId, created.KeyId), (parsed.TenantId, parsed.KeyId));
        Assert.True(ApiKeys.Matches(created.Hash, parsed.Secret));
        Assert.StartsWith($"sk-{tenantId[2..]}.{created.KeyId}.", created.Text.Reveal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Create_AnyTenant_RoundTrips()
    {
        var tails = Gen.NonEmptyListOf(Gen.Elements("abcxyz0189._-".ToCharArray())).Select(list => "t-" + new string([.. list.Take(94)]));
        Prop.ForAll(tails.ToArbitrary(), tenantId =>
            ApiKeys.Create(tenantId) is var created && ApiKeys.TryParse(created.Text.Reveal(), out var parsed) &&
            parsed.TenantId == tenantId && parsed.KeyId == created.KeyId && ApiKeys.Matches(created.Hash, parsed.Secret)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void TryParse_AnyOneCharacterReplaced_IsRefused()
    {
        var text = ApiKeys.Create("t-acme").Text.Reveal();
        for (var at = 0; at < text.Length; at++)
        {
            foreach (var other in "aZ09.-")
            {
                var changed = text[..at] + other + text[(at + 1)..];
                Assert.True(changed == text || !ApiKeys.TryParse(changed, out _), $"'{other}' at {at}");
            }
        }
    }

    [Fact]
    public void TryParse_AnyText_NeverThrows() =>
        Prop.ForAll<string>(text => !ApiKeys.TryParse(text, out _) && !ApiKeys.TryParse("sk-" + text, out _) && !ApiKeys.TryParse("sk-." + text + ".", out _))
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sk-")]
    [InlineData("sk-.")]
    [InlineData("sk-..")]
    public void TryParse_TooLittle_IsRefused(string? text) => Assert.False(ApiKeys.TryParse(text, out _));

    [Fact]
    public void Matches_OtherKeysSecret_IsFalse()
    {
        var mine = ApiKeys.Create("t-acme");
        Assert.True(ApiKeys.TryParse(ApiKeys.Create("t-acme").Text.Reveal(), out var other));

        Assert.False(ApiKeys.Matches(mine.Hash, other.Secret));
        Assert.False(ApiKeys.Matches([], other.Secret));
    }

    [Fact]
    public void Create_Printed_ShowsNoSecret()
    {
        var created = ApiKeys.Create("t-acme");

        Assert.DoesNotContain(created.Text.Reveal(), created.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Create_NoTenantId_IsRefused() => Assert.Throws<ArgumentException>(() => ApiKeys.Create("Acme"));
}
