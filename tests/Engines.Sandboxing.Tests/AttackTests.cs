using System.Globalization;
using System.Text.Json;

namespace Steward.Engines.Sandboxing.Tests;

/// <summary>Every attack, with the validator off: none reaches its aim, each ends for the reason that is expected and in bounded time, and the pool is whole after it.</summary>
public abstract class AttackTests(Sandboxes sandboxes)
{
    public static TheoryData<string> Attacks => Attack.Names;

    [SandboxTheory]
    [MemberData(nameof(Attacks))]
    public Task Attack_WithoutValidator_IsContained(string name) => AttackRuns.ContainedAsync(sandboxes, Attack.All[name]);
}

public sealed class RootAttackTests(RootSandboxes sandboxes) : AttackTests(sandboxes), IClassFixture<RootSandboxes>;

public sealed class RootWithoutCgroupsAttackTests(RootSandboxesWithoutCgroups sandboxes) : AttackTests(sandboxes), IClassFixture<RootSandboxesWithoutCgroups>;

public sealed class OrdinaryAttackTests(OrdinarySandboxes sandboxes) : AttackTests(sandboxes), IClassFixture<OrdinarySandboxes>;

/// <summary>The same attacks in gVisor.</summary>
public abstract class GVisorAttackTests(Sandboxes sandboxes)
{
    public static TheoryData<string> Attacks => Attack.NamesForGVisor;

    [GVisorTheory]
    [MemberData(nameof(Attacks))]
    public Task Attack_OnAKernelOfItsOwn_IsContained(string name) => AttackRuns.ContainedAsync(sandboxes, Attack.All[name]);
}

public sealed class RootGVisorAttackTests(GVisorSandboxes sandboxes) : GVisorAttackTests(sandboxes), IClassFixture<GVisorSandboxes>;

public sealed class OrdinaryGVisorAttackTests(OrdinaryGVisorSandboxes sandboxes) : GVisorAttackTests(sandboxes), IClassFixture<OrdinaryGVisorSandboxes>;

/// <summary>Runs an attack and looks at what came of it.</summary>
internal static class AttackRuns
{
    public static async Task ContainedAsync(Sandboxes sandboxes, Attack attack)
    {
        var job = Sandboxes.Job(Fill(attack.Code, sandboxes), attack.Profile) with
        {
            Files = [new SandboxFile("input.csv", "a,b\n1,2\n"u8.ToArray())],
            Limits = new SandboxLimits { WallTime = attack.Seconds("wall"), CpuTime = attack.Seconds("cpu"), DataCalls = 50 },
        };

        var outcome = await sandboxes.Pool.ExecuteAsync(job, NoOutputSink.Instance, NoData.Instance, CancellationToken.None);

        var told = $"{outcome.Status} {outcome.Code} exit {outcome.ExitCode} {outcome.Signal} [{string.Join(",", outcome.LimitsHit)}]: {outcome.Reason}\n{outcome.Text[..Math.Min(2000, outcome.Text.Length)]}";
        Assert.False(("\n" + outcome.Text).Contains("\nESCAPED", StringComparison.Ordinal), told);
        Assert.True(attack.Of("ends").Contains(outcome.Code), told);
        Assert.True(attack.Of("limits") is not { Count: > 0 } limits || limits.Any(limit => outcome.LimitsHit.Any(hit => JsonNamingPolicy.SnakeCaseLower.ConvertName(hit.ToString()) == limit)), told);
        Assert.True(!attack.Keys.ContainsKey("files") || attack.Of("files").SequenceEqual(outcome.Files.Select(file => file.Name)), told + string.Join(",", outcome.Files.Select(file => file.Name)));
        Assert.InRange(outcome.Durations.Running, TimeSpan.Zero, attack.Seconds("wall") + TimeSpan.FromSeconds(5));
        Assert.Equal("1\n", (await sandboxes.RunAsync("print(1)")).Text);
    }

    private static string Fill(string code, Sandboxes sandboxes) => code
        .Replace("{NUL}", "\0", StringComparison.Ordinal)
        .Replace("{PORT}", sandboxes.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{PID}", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{SECRET}", sandboxes.Secret, StringComparison.Ordinal)
        .Replace("{ABSTRACT}", sandboxes.Abstract, StringComparison.Ordinal);
}
