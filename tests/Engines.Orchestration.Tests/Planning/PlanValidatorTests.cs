using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Orchestration.Planning;

namespace Steward.Engines.Orchestration.Tests.Planning;

/// <summary>Plans that are valid are accepted; each kind of fault, put anywhere into one, is found with its code and place.</summary>
public sealed class PlanValidatorTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(200);

    public static TheoryData<string> Faults => [.. Codes];

    internal static IReadOnlyCollection<string> Codes => Mutations.Keys;

    // Each takes a valid plan, the random source and the index of a step, and returns where the fault has to be reported.
    private static readonly Dictionary<string, Func<JsonObject, Random, int, string>> Mutations = new()
    {
        ["cycle"] = (plan, random, index) =>
        {
            // The chosen step needs itself through a chain of new steps.
            var steps = plan["steps"]!.AsArray();
            var id = (string)steps[index]!["id"]!;
            var length = random.Next(0, 4);
            var before = id;
            for (var i = 0; i < length; i++)
            {
                steps.Add(Step($"c{i}", before));
                before = $"c{i}";
            }

            Needs(steps[index]!).Add(before);
            return "";
        },
        ["unknown_tool"] = (plan, _, index) => Set(plan, index, "tool", "no.such.tool"),
        ["forbidden_tool"] = (plan, _, index) => Set(plan, index, "tool", PlanSamples.Hidden),
        ["unknown_agent"] = (plan, _, index) =>
        {
            var step = plan["steps"]![index]!.AsObject();
            step.Remove("tool");
            step.Remove("arguments");
            step["agent"] = "nobody";
            step["task"] = "Do it.";
            return $"/steps/{index}/agent";
        },
        ["unknown_key"] = (plan, _, index) => Set(plan, index, "retries", 3),
        ["missing_key"] = (plan, _, index) =>
        {
            plan["steps"]![index]!.AsObject().Remove("title");
            return $"/steps/{index}";
        },
        ["schema"] = (plan, _, index) =>
        {
            Set(plan, index, "onFailure", "panic");
            return $"/steps/{index}/onFailure";
        },
        ["duplicate_id"] = (plan, _, index) =>
        {
            plan["steps"]!.AsArray().Add(plan["steps"]![index]!.DeepClone());
            return $"/steps/{plan["steps"]!.AsArray().Count - 1}/id";
        },
        ["reserved_id"] = (plan, _, index) =>
        {
            plan["steps"]!.AsArray().Add(Step("p2_late"));
            return $"/steps/{plan["steps"]!.AsArray().Count - 1}/id";
        },
        ["unknown_dependency"] = (plan, _, index) =>
        {
            Needs(plan["steps"]![index]!).Add("nowhere");
            return $"/steps/{index}/needs/{Needs(plan["steps"]![index]!).Count - 1}";
        },
        ["unknown_reference"] = (plan, _, index) => Argument(plan, index, "seen", "${steps.nowhere.result.value}"),
        ["not_ancestor"] = (plan, random, index) =>
        {
            plan["steps"]!.AsArray().Add(Step("aside"));
            return random.Next(2) == 0 ? Argument(plan, index, "seen", "is ${steps.aside.result.value}") : Set(plan, index, "when", "${steps.aside.status == 'done'}");
        },
        ["invalid_expression"] = (plan, random, index) => random.Next(3) switch
        {
            0 => Argument(plan, index, "seen", "${steps.}"),
            1 => Argument(plan, index, "seen", "${nothing.here}"),
            _ => Set(plan, index, "expect", "${result.a == }"),
        },
        ["unknown_argument"] = (plan, _, index) => Argument(plan, index, "extra", "x"),
        ["missing_argument"] = (plan, _, index) =>
        {
            plan["steps"]![index]!["arguments"]!.AsObject().Remove("step");
            return $"/steps/{index}/arguments";
        },
        ["invalid_argument"] = (plan, random, index) => random.Next(5) switch
        {
            0 => Argument(plan, index, "count", "three"),
            1 => Argument(plan, index, "count", 10),
            2 => Argument(plan, index, "mode", "warp"),
            3 => Argument(plan, index, "count", "${'a' + 'b'}"),
            _ => Argument(plan, index, "step", "${steps.p1_old.result.count}"),
        },
        ["unreachable_step"] = (plan, random, index) =>
        {
            var steps = plan["steps"]!.AsArray();
            if (random.Next(2) == 0)
            {
                return Set(plan, index, "when", "${1 > 2}");
            }

            // A step behind one that can never run.
            var dead = Step("dead");
            dead["when"] = "${message == 'never'}";
            steps.Add(dead);
            steps.Add(Step("behind", "dead"));
            return $"/steps/{steps.Count - 1}/needs";
        },
        ["too_many_steps"] = (plan, _, _) =>
        {
            for (var i = 0; i < PlanScope.DefaultMaxSteps; i++)
            {
                plan["steps"]!.AsArray().Add(Step($"x{i}"));
            }

            return "/steps";
        },
        ["too_many_writes"] = (plan, _, _) =>
        {
            for (var i = 0; i < PlanScope.DefaultMaxWrites + 1; i++)
            {
                var step = Step($"x{i}");
                step["tool"] = PlanSamples.Write;
                plan["steps"]!.AsArray().Add(step);
            }

            return "/steps";
        },
        ["already_done"] = (plan, _, _) =>
        {
            var step = Step("again");
            step["tool"] = PlanSamples.Write;
            step["arguments"] = new JsonObject { ["seen"] = "${steps.p1_old.result.value}", ["step"] = "done" };
            plan["steps"]!.AsArray().Add(step);
            return $"/steps/{plan["steps"]!.AsArray().Count - 1}";
        },
    };

    [Fact]
    public void Check_ValidPlan_IsAcceptedInAnOrderThatFollowsItsNeeds()
    {
        Prop.ForAll(Plans(), sample =>
        {
            var (plan, faults) = PlanValidator.Check(PlanSamples.Element(PlanSamples.Random(sample.Seed, sample.Count)), PlanSamples.Scope());
            Assert.Empty(faults);
            var before = new HashSet<string>();
            foreach (var step in plan!.Steps)
            {
                Assert.Subset(before, step.Needs.ToHashSet());
                Assert.Subset(step.Needs.ToHashSet(), step.Inputs.ToHashSet());
                before.Add(step.Id);
            }

            Assert.Equal(sample.Count, before.Count);
        }).Check(Many);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Check_OneFaultAnywhere_IsFoundWithItsCodeAndPlace(string code)
    {
        Prop.ForAll(Plans(), sample =>
        {
            var random = new Random(sample.Seed);
            var plan = PlanSamples.Random(sample.Seed, sample.Count);
            var path = Mutations[code](plan, random, random.Next(sample.Count));
            var (accepted, faults) = PlanValidator.Check(PlanSamples.Element(plan), Scope);

            Assert.Null(accepted);
            Assert.Contains(faults, fault => fault.Code == code && (path.Length == 0 || fault.Path == path));
            Assert.All(faults, fault => Assert.False(string.IsNullOrWhiteSpace(fault.Message)));
            Assert.Equal(faults, PlanValidator.Check(PlanSamples.Element(plan), Scope).Faults);
        }).Check(Many);
    }

    [Fact]
    public void Check_Cycle_NamesItsSteps()
    {
        var plan = Of(Step("a", "c"), Step("b", "a"), Step("c", "b"), Step("d", "a"));
        var fault = Assert.Single(PlanValidator.Check(plan, PlanSamples.Scope()).Faults);

        Assert.Equal(("cycle", "/steps/0/needs"), (fault.Code, fault.Path));
        Assert.Contains("a → c → b → a", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_UnknownTool_SaysWhichThereAre()
    {
        var step = Step("a");
        step["tool"] = "fake.things.rea";
        var fault = Assert.Single(PlanValidator.Check(Of(step), PlanSamples.Scope()).Faults);

        Assert.Equal("There is no tool 'fake.things.rea'; it may use fake.things.read, fake.things.write.", fault.Message);
    }

    [Theory]
    [InlineData("${steps.first.result.n}")]
    [InlineData("${count(steps.first.result.items)}")]
    [InlineData("${steps.p1_old.result.count}")]
    public void Check_ReferenceThatMayFit_IsAccepted(string value)
    {
        var step = Step("second", "first");
        step["arguments"] = new JsonObject { ["step"] = "second", ["count"] = value };

        Assert.Empty(PlanValidator.Check(Of(Step("first"), step), PlanSamples.Scope()).Faults);
    }

    [Fact]
    public void Check_StepBehindTwoAlternatives_IsReachable()
    {
        var dead = Step("left");
        dead["when"] = "${steps.p1_old.result.count == 3}";
        var faults = PlanValidator.Check(Of(dead, Step("right"), Step("both", "left", "right")), PlanSamples.Scope()).Faults;

        Assert.Empty(faults);
    }

    [Fact]
    public void Check_HandOff_IsAccepted()
    {
        var step = new JsonObject { ["id"] = "a", ["title"] = "Ask", ["agent"] = "helper", ["task"] = "Look after ${steps.p1_old.result.value}." };

        Assert.Empty(PlanValidator.Check(Of(step), PlanSamples.Scope()).Faults);
    }

    [Theory]
    [InlineData("I cannot do that.", "not_json")]
    [InlineData("{\"goal\":\"x\",\"steps\":[]} trailing", "not_json")]
    [InlineData("{\"goal\":\"x\",\"goal\":\"y\",\"steps\":[]}", "not_json")]
    [InlineData("{\"goal\":\"\\ud800\",\"steps\":[]}", "not_json")]
    [InlineData("\ud800", "not_json")]
    [InlineData("[1]", "not_json")]
    [InlineData("// comment\n{}", "not_json")]
    [InlineData("", "not_json")]
    public void Read_WhatIsNoPlan_IsRefusedAndKept(string text, string code)
    {
        var (plan, fault) = PlanReader.Read(text);

        Assert.Equal(code, fault!.Code);
        Assert.Equal(System.Text.Json.JsonValueKind.String, plan.ValueKind);
    }

    [Fact]
    public void Read_TooLongTooDeepOrTooMany_IsRefusedAtOnce()
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal("too_large", PlanReader.Read(new string('x', PlanReader.MaxLength + 1)).Fault!.Code);
        Assert.Equal("not_json", PlanReader.Read(string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000)).Fault!.Code);
        Assert.Equal("too_large", PlanReader.Read("{\"a\":[" + string.Join(',', Enumerable.Repeat("1", 30_000)) + "]}").Fault!.Code);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"took {watch.Elapsed}");
    }

    [Theory]
    [InlineData("```json\n{\"goal\":\"x\",\"steps\":[]}\n```")]
    [InlineData("  {\"goal\":\"x\",\"steps\":[]}\n")]
    public void Read_ObjectAloneOrInACodeBlock_IsRead(string text) => Assert.Null(PlanReader.Read(text).Fault);

    [Fact]
    public void Read_AnyText_NeverThrows() =>
        Prop.ForAll<string>(text =>
        {
            var (plan, fault) = PlanReader.Read(text ?? "");
            return fault is not null || PlanValidator.Check(plan, PlanSamples.Scope()).Faults.Count >= 0;
        }).Check(Many);

    private static PlanScope Scope { get; } = PlanSamples.Scope() with
    {
        Closed = [new ClosedCall(PlanSamples.Write, PlanSamples.Element(new JsonObject { ["step"] = "done", ["seen"] = "known" }), "already_done", "It is done.")],
    };

    private static Arbitrary<(int Seed, int Count)> Plans() =>
        (from seed in Gen.Choose(0, int.MaxValue - 1) from count in Gen.Choose(1, 9) select (seed, count)).ToArbitrary();

    private static System.Text.Json.JsonElement Of(params JsonObject[] steps) => PlanSamples.Element(new JsonObject { ["goal"] = "x", ["steps"] = new JsonArray(steps) });

    private static JsonObject Step(string id, params string[] needs) => new()
    {
        ["id"] = id,
        ["title"] = id,
        ["tool"] = PlanSamples.Read,
        ["arguments"] = new JsonObject { ["step"] = id },
        ["needs"] = new JsonArray([.. needs.Select(need => (JsonNode)JsonValue.Create(need))]),
    };

    private static JsonArray Needs(JsonNode step) => step["needs"]!.AsArray();

    private static string Set(JsonObject plan, int index, string name, JsonNode value)
    {
        plan["steps"]![index]![name] = value;
        return $"/steps/{index}/{name}";
    }

    private static string Argument(JsonObject plan, int index, string name, JsonNode value)
    {
        plan["steps"]![index]!["arguments"]![name] = value;
        return $"/steps/{index}/arguments/{name}";
    }
}
