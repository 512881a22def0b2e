using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Agents;
using Steward.Engines.Orchestration.Prompts;

namespace Steward.Engines.Orchestration.Planning;

/// <summary>What the planner, and the model that writes the answer, are told. Built from the journal alone.</summary>
internal sealed class PlanPrompt(RunContext run, AgentDefinition agent, IReadOnlyList<ConnectorOperation> tools, IReadOnlyList<AgentDefinition> others, string? task = null)
{
    /// <summary>The version of the texts; recorded with every run that plans.</summary>
    public const string Version = "plan-2";

    private const int MaxToolsLength = 60_000;
    private const int MaxSchemaLength = 4_000;
    private const int MaxResultsLength = 60_000;
    private const int MinResultLength = 500;

    private static readonly Lazy<string> PlannerRules = new(() => EmbeddedResources.Read("plan-prompt.md").Trim());
    private static readonly Lazy<string> AnswerRules = new(() => EmbeddedResources.Read("answer-prompt.md").Trim());

    /// <summary>Asks for a plan.</summary>
    /// <param name="plans">The plans so far.</param>
    /// <param name="steps">What they have brought.</param>
    /// <param name="reason">Why there has to be another plan; null for the first one.</param>
    public async Task<IReadOnlyList<ChatMessage>> PlanAsync(IReadOnlyList<PlanState> plans, PlanSteps steps, string? reason)
    {
        var messages = await BeginAsync(PlannerRules.Value + Tools() + Handoffs());
        if (plans.Any(plan => plan.IsAccepted))
        {
            messages.Add(new ChatMessage
            {
                Role = ChatRole.User,
                Text = $"An earlier plan was worked off in part. Why a new one is needed: {reason}\nPropose a plan for what is left. What is known, as data; steps that are done can be referred to by their names, for example "
                    + $"\"${{steps.p1_find.result.id}}\":\n{Results(steps)}",
            });
        }

        foreach (var plan in plans.Reverse().TakeWhile(plan => plan.Faults.Count > 0).Reverse())
        {
            messages.Add(new ChatMessage { Role = ChatRole.Assistant, Text = plan.Plan.ValueKind == JsonValueKind.String ? plan.Plan.GetString()! : plan.Plan.GetRawText() });
            messages.Add(new ChatMessage
            {
                Role = ChatRole.User,
                Text = "The plan was refused; nothing of it was done. Propose a whole plan without these faults:\n" + string.Join('\n', plan.Faults.Select(fault => $"- {fault.Code} at \"{fault.Path}\": {fault.Message}")),
            });
        }

        return messages;
    }

    /// <summary>Asks for the answer.</summary>
    /// <param name="guidance">What the plan says that it has to say.</param>
    /// <param name="steps">What the plans have brought.</param>
    /// <param name="problem">Why the work ended early; null when it did not.</param>
    public async Task<IReadOnlyList<ChatMessage>> AnswerAsync(string? guidance, PlanSteps steps, string? problem)
    {
        var messages = await BeginAsync(AnswerRules.Value);
        var text = new StringBuilder("The work is over. ");
        if (problem is not null)
        {
            text.Append("It ended early: ").Append(problem).Append(' ');
        }

        if (!string.IsNullOrWhiteSpace(guidance))
        {
            text.Append("The plan says about the answer: ").Append(OneLine(guidance, 2_000)).Append(' ');
        }

        messages.Add(new ChatMessage { Role = ChatRole.User, Text = text.Append("The results:\n").Append(Results(steps)).ToString() });
        return messages;
    }

    private async Task<List<ChatMessage>> BeginAsync(string rules)
    {
        var system = new StringBuilder(rules);
        if (!string.IsNullOrWhiteSpace(agent.Instructions))
        {
            system.Append("\n\n").Append(agent.Instructions.Trim());
        }

        system.Append("\n\nThe employee: ").Append(OneLine(run.Input.Requester.Name ?? run.Input.Requester.UserId, 200));
        if (run.Input.Requester.Email is { } email)
        {
            system.Append(", mail address ").Append(OneLine(email, 200));
        }

        system.Append(".\nNow: ").Append((run.Snapshot.RequestedAt ?? run.Time.GetUtcNow()).UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC, 'dddd", CultureInfo.InvariantCulture)).Append('.');
        system.Append(RememberedText.Of(run.Snapshot.Memories));
        var messages = new List<ChatMessage> { new() { Role = ChatRole.System, Text = system.ToString() } };
        if (task is null)
        {
            messages.AddRange(await ConversationContext.LoadAsync(run));
        }

        // Whoever something is handed over to sees nothing else of the conversation.
        messages.Add(new ChatMessage { Role = ChatRole.User, Text = task ?? run.Input.Text });
        return messages;
    }

    private string Tools()
    {
        var text = new StringBuilder("\n\nTools (those marked \"changes\" change something; all others only read):");
        foreach (var tool in tools.OrderBy(tool => tool.Id, StringComparer.Ordinal))
        {
            var schema = tool.InputSchema.GetRawText();
            text.Append("\n- ").Append(tool.Id).Append(tool.Effect == OperationEffect.Read ? ": " : " (changes): ").Append(OneLine(tool.Description, 500));
            text.Append("\n  arguments: ").Append(schema.Length <= MaxSchemaLength && text.Length < MaxToolsLength ? JsonNode.Parse(schema)!.ToJsonString() : Names(tool.InputSchema));
        }

        return tools.Count > 0 ? text.ToString() : text.Append(" none.").ToString();
    }

    // A schema that is too long to be told in full: what it takes, by name.
    private static string Names(JsonElement schema) =>
        schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
            ? string.Join(", ", properties.EnumerateObject().Take(40).Select(property => property.Name))
            : "an object";

    private string Handoffs() => others.Count == 0
        ? "\n\nAgents: none."
        : "\n\nAgents:" + string.Concat(others.OrderBy(other => other.Id, StringComparer.Ordinal).Select(other => $"\n- {other.Id}: {OneLine(other.Description, 500)}"));

    private string Results(PlanSteps steps)
    {
        var all = steps.All.Where(step => step.State is not { Status: StepStatus.Dropped }).ToList();
        var share = Math.Clamp(MaxResultsLength / Math.Max(1, all.Count), MinResultLength, run.Options.MaxInlineResult);
        var lines = all.Select(entry =>
        {
            var told = new JsonObject { ["step"] = entry.Name, ["title"] = entry.Step.Title };
            if (entry.Step.Tool is { } tool)
            {
                told["tool"] = tool;
            }
            else
            {
                told["agent"] = entry.Step.Agent;
            }

            foreach (var (name, value) in StepReport.Describe(entry.State, share).ToList())
            {
                told[name] = value?.DeepClone();
            }

            return told.ToJsonString();
        });
        return all.Count > 0 ? string.Join('\n', lines) : "(no step was carried out)";
    }

    private static string OneLine(string text, int maxLength)
    {
        var line = new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]);
        return line.Length <= maxLength ? line : line[..maxLength];
    }
}
