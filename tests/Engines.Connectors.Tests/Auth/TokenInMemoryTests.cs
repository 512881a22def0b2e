using System.Collections;
using System.Reflection;
using System.Text;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Connectors.Tests.Limits;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Auth;

/// <summary>A token in memory is renewed before its end, not by all at once, and cannot be read from there.</summary>
public sealed class TokenInMemoryTests
{
    private const string Secret = "at-5f2c9e71d04b";
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(3600, 120, 120)]
    [InlineData(3600, 600, 600)]
    [InlineData(60, 120, 15)] // A quarter of a short life.
    public async Task GetAsync_BeforeTheEnd_RenewsBetweenOneAndTwoMarginsBefore(int lifetime, int margin, int before)
    {
        var begins = new HashSet<double>();
        for (var seed = 0; seed < 40; seed++)
        {
            var (life, time, asked) = await HeldAsync(TimeSpan.FromSeconds(lifetime), TimeSpan.FromSeconds(margin), new Random(seed));
            time.Advance(TimeSpan.FromSeconds(lifetime - (2 * before)) - TimeSpan.FromTicks(1));
            Assert.Equal(Secret, await TokenAsync(life));
            Assert.False(life.IsBusy);

            // From here on it may begin, and after another margin it must have.
            var step = TimeSpan.FromSeconds(before / 20.0);
            var steps = 0;
            while (!life.IsBusy && steps <= 20)
            {
                time.Advance(step);
                steps++;

                // Whoever asks meanwhile has the one that is still good.
                Assert.Equal(Secret, await TokenAsync(life));
            }

            Assert.True(life.IsBusy, $"seed {seed}: nothing renews it {before} s before its end");
            begins.Add(steps);
            Assert.Equal(1, asked());
        }

        // Instances that signed in together do not renew together.
        Assert.True(begins.Count >= 8, $"{begins.Count} different times");
    }

    [Fact]
    public async Task GetAsync_MorePeopleThanStay_OnlyThoseWhoAskedLastAreInMemory()
    {
        var folder = Directory.CreateTempSubdirectory("steward-people-").FullName;
        await using var server = await OAuthServer.StartAsync();
        server.Answer = (request, http) => OAuthServer.Reply(http, $$"""{"access_token":"own-{{request["refresh_token"]}}","refresh_token":"{{request["refresh_token"]}}","expires_in":3600}""");
        await using (var host = await SignInHost.StartAsync(folder, options => options.UsersInMemory = 5))
        {
            await host.StoreSecretsAsync(("clientSecret", "cs"));
            var credentials = host.Open(SignInHost.Target(server.Url, AuthKind.OAuth2Code));
            for (var person = 0; person < 30; person++)
            {
                await host.StoreAsync($"of-{person}", $"u-{person}");
                Assert.Equal($"own-of-{person}", await TokenOfAsync(credentials, person));
            }

            var before = server.Requests.Count;
            Assert.Equal("own-of-29", await TokenOfAsync(credentials, 29));
            Assert.Equal(before, server.Requests.Count);
            Assert.Equal("own-of-0", await TokenOfAsync(credentials, 0));
            Assert.Equal(before + 1, server.Requests.Count);
            var subjects = (ICollection)typeof(InstanceCredentials).GetField("_subjects", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(credentials)!;
            Assert.InRange(subjects.Count, 1, 6);
        }

        Directory.Delete(folder, recursive: true);

        static async Task<string> TokenOfAsync(InstanceCredentials credentials, int person) => (await credentials.GetAsync($"u-{person}")).Credential!.Values["access_token"].Reveal();
    }

    [Fact]
    public async Task GetAsync_RenewedInTime_HandsOutTheNewOne()
    {
        var (life, time, _) = await HeldAsync(Lifetime, Margin, new Random(1), again: "at-second");
        time.Advance(Lifetime - Margin);
        Assert.Equal(Secret, await TokenAsync(life));

        // The renewal beside the use has its answer at once; whoever waits for it gets the new one.
        await life.RenewNowAsync();
        Assert.Equal("at-second", await TokenAsync(life));
    }

    [Fact]
    public async Task GetAsync_EndOfTheToken_IsNotHandedOutOnTheWayToItsEnd()
    {
        var (life, time, _) = await HeldAsync(Lifetime, Margin, new Random(1));
        time.Advance(Lifetime - TimeSpan.FromSeconds(4));

        var waiting = life.GetAsync(CancellationToken.None);

        Assert.False(waiting.IsCompleted);
    }

    [Fact]
    public async Task GetAsync_TokenThatLivesForDays_IsForgottenAfterTheLongestTimeInMemory()
    {
        var (life, time, _) = await HeldAsync(TimeSpan.FromDays(30), Margin, new Random(1));
        time.Advance(TimeSpan.FromHours(11));
        Assert.Equal(Secret, await TokenAsync(life));
        time.Advance(TimeSpan.FromHours(1));

        Assert.False(life.GetAsync(CancellationToken.None).IsCompleted);
    }

    [Fact]
    public void Open_SealedToken_GivesItBackAndHoldsItOnlyEncrypted()
    {
        var (first, second) = (new SealedToken(new SecretText(Secret)), new SealedToken(new SecretText(Secret)));

        Assert.Equal(Secret, first.Open().Reveal());
        Assert.Equal(Secret, first.Open().Reveal());
        Assert.Empty(Holding(first, Secret));

        // Not the same bytes for the same token, and only its own length and 28 bytes.
        Assert.NotEqual(BytesOf(first), BytesOf(second));
        Assert.Equal(Secret.Length + 28, BytesOf(first).Length);
    }

    [Fact]
    public void Open_BytesThatWereChanged_AreRefused()
    {
        var token = new SealedToken(new SecretText(Secret));
        BytesOf(token)[^1] ^= 1;

        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => token.Open());
    }

    [Fact]
    public async Task Life_WithAToken_HoldsItNowhereReadable()
    {
        var (life, _, _) = await HeldAsync(Lifetime, Margin, new Random(1));
        Assert.Equal(Secret, await TokenAsync(life));

        Assert.Empty(Holding(life, Secret));
        Assert.Empty(Holding(life, "rt-secret"));

        // The search finds what is there.
        Assert.NotEmpty(Holding(new { Inner = new[] { new SecretText("x" + Secret) } }, Secret));
    }

    private static async Task<string?> TokenAsync(CredentialLife life) => (await life.GetAsync(CancellationToken.None)).Credential?.Values["access_token"].Reveal();

    // The first renewal has its answer, later ones wait for ever unless a second token is given.
    private static async Task<(CredentialLife Life, ManualTime Time, Func<int> Asked)> HeldAsync(TimeSpan lifetime, TimeSpan margin, Random random, string? again = null)
    {
        var time = new ManualTime();
        var asked = 0;
        var life = new CredentialLife(
            _ => Interlocked.Increment(ref asked) == 1 ? Task.FromResult(Grant(Secret)) : again is null ? new TaskCompletionSource<TokenGrant>().Task : Task.FromResult(Grant(again)),
            grant => new Credential(0, new Dictionary<string, SecretText> { ["access_token"] = grant.AccessToken }, null),
            new CredentialOptions(),
            margin,
            time,
            random,
            (_, _, _) => { });
        await life.GetAsync(CancellationToken.None);
        var held = asked;
        return (life, time, () => held);

        TokenGrant Grant(string token) => new()
        {
            AccessToken = new SecretText(token), RefreshToken = new SecretText("rt-secret"), ObtainedAt = time.GetUtcNow(), ExpiresAt = time.GetUtcNow() + lifetime, StatesLifetime = true,
        };
    }

    private static byte[] BytesOf(SealedToken token) => (byte[])typeof(SealedToken).GetFields(BindingFlags.Instance | BindingFlags.NonPublic).Single(field => field.FieldType == typeof(byte[])).GetValue(token)!;

    // Every text and every run of bytes or characters that can be reached, except by what tests put in: functions and the clock.
    private static List<string> Holding(object root, string secret)
    {
        var found = new List<string>();
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var open = new Queue<(object Value, string Path)>([(root, root.GetType().Name)]);
        while (open.TryDequeue(out var next))
        {
            var (value, path) = next;
            if (value is Delegate or TimeProvider or Type or Pointer || !seen.Add(value))
            {
                continue;
            }

            var text = value switch { string own => own, byte[] bytes => Encoding.UTF8.GetString(bytes) + Encoding.Unicode.GetString(bytes), char[] characters => new string(characters), _ => null };
            if (text?.Contains(secret, StringComparison.Ordinal) == true)
            {
                found.Add(path);
            }

            if (text is not null || value.GetType().IsPrimitive)
            {
                continue;
            }

            foreach (var item in value is Array items ? (IEnumerable)items : Array.Empty<object>())
            {
                if (item is not null)
                {
                    open.Enqueue((item, path + "[]"));
                }
            }

            for (var type = value.GetType(); type is not null && type.Namespace?.StartsWith("System.Threading", StringComparison.Ordinal) != true; type = type.BaseType)
            {
                foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly).Where(field => !field.FieldType.IsPointer && !field.FieldType.IsByRefLike))
                {
                    if (field.GetValue(value) is { } inner)
                    {
                        open.Enqueue((inner, $"{path}.{field.Name}"));
                    }
                }
            }
        }

        return found;
    }
}
