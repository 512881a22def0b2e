using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Agents;
using Steward.Engines.Orchestration.Expressions;
using Steward.Engines.Orchestration.Intents;
using Steward.Engines.Orchestration.Playbooks;
using Steward.Engines.Orchestration.React;
using Steward.Engines.Orchestration.Strategies;

namespace Steward.Engines.Orchestration;

/// <summary>Decides how a message is answered. Deterministic, calls nothing.</summary>
internal sealed class StrategySelector(OrchestrationOptions options, StrategyRules rules)
{
    private const double OfferThreshold = 0.3;

    private static readonly ConditionalWeakTable<IReadOnlyList<ConnectorOperation>, Availability> Availabilities = [];

    private static readonly Phrase[] No = [.. new[] { "no", "nope", "cancel", "never mind", "nevermind", "forget it", "stop", "nothing", "none" }.Select(Phrase.Parse)];

    private static readonly Phrase[] Yes = [.. new[] { "yes", "yep", "yeah", "sure", "ok", "okay", "please do", "go ahead", "do it", "correct", "right", "exactly" }.Select(Phrase.Parse)];

    private static readonly string[] Ordinals = ["first", "second", "third", "fourth", "fifth"];

    /// <summary>Whether it can make a difference what a classifier says of the message: where rules ask how much work it is, and where no playbook fits for sure.</summary>
    /// <param name="input">The request.</param>
    /// <param name="selection">What was decided without it.</param>
    public bool WantsJudgement(RunInput input, Selection selection) =>
        options.Strategy != "react" && input.Strategy is (null or "auto" or "playbook") && (selection.Choice.Playbook is null || rules.AsksComplexity);

    /// <summary>Decides.</summary>
    /// <param name="input">The request.</param>
    /// <param name="agent">The agent that answers it.</param>
    /// <param name="playbooks">All playbooks; the agent may use a part of them.</param>
    /// <param name="operations">The tenant's operations.</param>
    /// <param name="model">The agent's model; null when none is configured.</param>
    /// <param name="judgement">What a classifier says of the message; null where none was asked.</param>
    /// <param name="isSpared">Whether models are not asked at the moment: a playbook that fits, surely or less so, then goes before them.</param>
    public Selection Select(
        RunInput input, AgentDefinition agent, PlaybookCatalog playbooks, IReadOnlyList<ConnectorOperation> operations, IChatModel? model, IntentJudgement? judgement = null, bool isSpared = false)
    {
        var message = new MessageText(input.Text);
        var catalog = Allowed(agent, playbooks);
        var demanded = input.Strategy is null or "auto" ? null : input.Strategy;
        if (demanded is not null && Refusal(input, agent, demanded) is { } refusal)
        {
            return refusal;
        }

        if (demanded is "direct" or "react" or "plan" || (demanded is null && options.Strategy == "react"))
        {
            return model is null ? WithoutModel(input) : Model(demanded ?? (Has(agent, "react") ? "react" : "plan"), demanded is null ? "configured" : "the caller demands it", model);
        }

        var useModel = options.Strategy == "auto" && demanded is null && agent.Strategies.Any(strategy => strategy != "playbook") ? model : null;
        var availability = Availabilities.GetValue(operations, key => new Availability(key));
        var matches = PlaybookMatcher.Match(catalog.Playbooks, message, input.Requester, input.WorkingMemory);
        if (isSpared && judgement is not { IsOutOfScope: true } && matches.Any(match => match.Score >= OfferThreshold))
        {
            useModel = null;
        }

        if (Pending.Read(input.WorkingMemory) is { } pending && Answered(input, message, pending, matches, catalog) is { } answered)
        {
            return Check(answered, availability);
        }

        var confident = matches.Where(match => match.Score >= options.MatchThreshold && match.Score > matches[0].Score - options.AmbiguityMargin).ToList();
        if (confident.Count > 1)
        {
            var priority = confident.Max(match => match.Playbook.Priority);
            confident.RemoveAll(match => match.Playbook.Priority < priority);
        }

        if (useModel is not null)
        {
            var intent = confident is [var sure] ? sure.Playbook.Id : null;
            var complexity = Complexity.Of(message, operations).With(rules.AsksComplexity ? judgement?.Complexity : null);
            var judged = intent is null && judgement is { IsSure: true } ? judgement.Intent : null;
            var (strategy, reason) = Choose(input, agent, intent, judged, complexity, confident.Count);
            if (strategy != "playbook")
            {
                return Model(strategy, reason, useModel);
            }
        }

        switch (confident)
        {
            case [var only]:
                return Check(Begin(input, message, only.Playbook, $"the message asks for “{only.Playbook.Title}” (score {only.Score:0.00})", null), availability);
            case [_, _, ..]:
                return Ask(input, confident, "Which one do you mean?", "the message fits several playbooks");
            default:
                break;
        }

        // What is for sure about something else is no weak match either.
        if (judgement is { IsOutOfScope: true })
        {
            return Nothing(input, $"no playbook fits, and the message is about something else ({judgement.Intent}, {judgement.Confidence:0.00})", Offer(catalog, availability, model is null), null);
        }

        var offers = matches.Where(match => match.Score >= OfferThreshold).Take(3).ToList();
        return offers.Count > 0
            ? Ask(input, offers, offers.Count == 1 ? "Shall I do this? Answer “yes”, or tell me more." : "Is it one of these?", "no playbook fits for sure")
            : Nothing(input, "no playbook fits", Offer(catalog, availability, model is null), null);
    }

    // The first rule whose strategy the agent has; else by what the message looks like.
    private (string Strategy, string Reason) Choose(RunInput input, AgentDefinition agent, string? intent, string? judged, Complexity complexity, int confident)
    {
        foreach (var strategy in rules.For(input, intent, complexity, judged))
        {
            if (Has(agent, strategy) && (strategy != "playbook" || intent is not null))
            {
                return (strategy, "a rule says so");
            }
        }

        if (intent is not null)
        {
            return ("playbook", "a playbook fits");
        }

        var seen = confident > 1 ? "the message fits several playbooks" : "no playbook fits";
        string[] wanted = complexity.Level switch
        {
            "conversation" => ["direct", "react", "plan"],
            "complex" => ["plan", "react", "direct"],
            _ => ["react", "plan", "direct"],
        };
        return (Array.Find(wanted, strategy => Has(agent, strategy))!, $"{seen}; it looks {complexity.Level}");
    }

    // Where a person has to see plans first, nothing is done step by step instead. An agent without plans only reads then.
    private static bool Has(AgentDefinition agent, string strategy) =>
        agent.Strategies.Contains(strategy) && !(strategy == "react" && agent.ChangesByReviewedPlansOnly && agent.Strategies.Contains("plan"));

    private Selection? Refusal(RunInput input, AgentDefinition agent, string demanded)
    {
        var message = !options.AllowCallerStrategy || !rules.MayChoose(input.Requester)
            ? "You may not choose the strategy. Leave 'strategy' out, and the best one is chosen for you."
            : !agent.Strategies.Contains(demanded)
                ? $"The agent '{agent.Id}' has no strategy '{RepeatedCalls.Short(demanded)}'; it has {string.Join(", ", agent.Strategies)}."
                : !Has(agent, demanded)
                    ? $"The agent '{agent.Id}' changes things only by a plan that a person has seen. Demand 'plan', or leave 'strategy' out."
                    : null;
        return message is null ? null : Nothing(input, "the demanded strategy is not allowed", message, "strategy_not_allowed");
    }

    private static PlaybookCatalog Allowed(AgentDefinition agent, PlaybookCatalog playbooks) =>
        !agent.Strategies.Contains("playbook") ? PlaybookCatalog.Empty
        : agent.Playbooks.Contains("*") ? playbooks
        : PlaybookCatalog.Of(playbooks.Playbooks.Where(playbook => agent.Playbooks.Contains(playbook.Id)));

    private static Selection WithoutModel(RunInput input) =>
        Nothing(input, "no model", "No language model is configured (OPENAI_API_KEY), and this can only be answered with one.", "not_configured");

    private static Selection? Answered(RunInput input, MessageText message, Pending pending, IReadOnlyList<PlaybookMatch> matches, PlaybookCatalog catalog)
    {
        var candidates = pending.Playbooks.Select(catalog.Find).OfType<Playbook>().ToList();
        if (candidates.Count == 0)
        {
            return null;
        }

        var isShort = message.Words.Count <= 4;
        if (isShort && Array.Exists(No, phrase => phrase.Find(message) is not null))
        {
            return Nothing(input, "the user declined", "All right, I did nothing.", null);
        }

        // A new request takes precedence over an open question.
        var asked = matches.Count > 0 && matches[0].Score >= 0.6 ? matches[0].Playbook : null;
        if (pending.Slot is { } name)
        {
            var playbook = candidates[0];
            var slot = playbook.Slots.FirstOrDefault(candidate => candidate.Name == name);
            if (slot is null || (asked is not null && asked.Id != playbook.Id))
            {
                return null;
            }

            var known = pending.Slots?.DeepClone().AsObject() ?? [];
            known[name] = SlotFiller.FillAsked(slot, message, input.Requester);

            // The description of a problem is in the answer; who and where may be in the question's message.
            var text = slot.Type == SlotType.Text ? $"{pending.Text}\n{input.Text}" : pending.Text;
            return Begin(input, new MessageText(text), playbook, $"the message answers the question for “{name}”", known);
        }

        var chosen = Choose(message, candidates, isShort);
        return chosen is null ? null : Begin(input, new MessageText(pending.Text), chosen, "the user chose it", null);
    }

    private static Playbook? Choose(MessageText message, List<Playbook> candidates, bool isShort)
    {
        if (!isShort)
        {
            return null;
        }

        if (candidates.Count == 1)
        {
            return Array.Exists(Yes, phrase => phrase.Find(message) is not null) ? candidates[0] : null;
        }

        for (var i = 0; i < candidates.Count; i++)
        {
            var ordinal = i < Ordinals.Length ? Ordinals[i] : "";
            if (message.Words.Any(word => word.Text == ordinal || word.Text == $"{i + 1}"))
            {
                return candidates[i];
            }
        }

        return candidates.Find(candidate => string.Equals(candidate.Title, message.Original.Trim(), StringComparison.OrdinalIgnoreCase));
    }

    private static Selection Begin(RunInput input, MessageText message, Playbook playbook, string reason, JsonObject? known)
    {
        var slots = SlotFiller.Fill(playbook, message, input.Requester, input.WorkingMemory, known);
        var classified = PlaybookMatcher.Classify(playbook, message);
        var choice = new StrategyChosen
        {
            Strategy = "playbook",
            Reason = reason,
            Playbook = playbook.Id,
            PlaybookVersion = playbook.Version,
            PlaybookHash = playbook.Hash,
            Title = playbook.Title,
            Slots = Values.Element(slots),
            Classified = Values.Element(classified),
        };
        if (playbook.Slots.FirstOrDefault(slot => slot.IsRequired && slots[slot.Name] is null) is { } missing)
        {
            var memory = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [Pending.Key] = Pending.ForSlot(playbook.Id, missing.Name, Present(slots), message.Original),
            };
            return new Selection(choice with { Reason = $"{reason}; “{missing.Name}” is missing" }, playbook, new RunOutcome(RunPhase.Completed, null, missing.Question!) { WorkingMemory = memory });
        }

        if (input.Requester.Email is null && slots.Any(slot => slot.Value is JsonObject person && person["self"] is JsonValue self && self.GetValue<bool>()))
        {
            return new Selection(choice, playbook, new RunOutcome(
                RunPhase.Failed, "not_configured", "I do not know your mail address, so I cannot find your account in the company's systems. Your administrator has to add it to your identity.")
            {
                WorkingMemory = Pending.Clear(input.WorkingMemory),
            });
        }

        return new Selection(choice, playbook, null);
    }

    private static JsonObject Present(JsonObject slots) =>
        new(slots.Where(slot => slot.Value is not null).Select(slot => KeyValuePair.Create(slot.Key, slot.Value?.DeepClone())));

    private static Selection Check(Selection selection, Availability availability)
    {
        if (selection.Playbook is not { } playbook || selection.Outcome is not null)
        {
            return selection;
        }

        var faults = availability.Of(playbook);
        return faults.Count == 0
            ? selection
            : selection with
            {
                Outcome = new RunOutcome(
                    RunPhase.Failed, "not_configured", $"I know how to do this ({playbook.Title}), but it is not available: {faults[0].Message} Your administrator can configure the connector."),
            };
    }

    private static Selection Ask(RunInput input, List<PlaybookMatch> matches, string question, string reason)
    {
        var lines = matches.Select((match, index) => $"{index + 1}. {match.Playbook.Title}");
        return new Selection(
            new StrategyChosen { Strategy = "none", Reason = reason },
            null,
            new RunOutcome(RunPhase.Completed, null, $"{question}\n{string.Join('\n', lines)}")
            {
                WorkingMemory = new Dictionary<string, string>(StringComparer.Ordinal) { [Pending.Key] = Pending.ForChoice(matches.Select(match => match.Playbook.Id), input.Text) },
            });
    }

    private static Selection Nothing(RunInput input, string reason, string answer, string? errorCode) => new(
        new StrategyChosen { Strategy = "none", Reason = reason },
        null,
        new RunOutcome(errorCode is null ? RunPhase.Completed : RunPhase.Failed, errorCode, answer) { WorkingMemory = Pending.Clear(input.WorkingMemory) });

    private static Selection Model(string strategy, string reason, IChatModel model) => new(
        new StrategyChosen { Strategy = strategy, Reason = reason, Model = model.Name, PromptVersion = strategy == "plan" ? Planning.PlanPrompt.Version : ReactPrompt.Version }, null, null);

    private static string Offer(PlaybookCatalog catalog, Availability availability, bool withoutModel)
    {
        var possible = catalog.Playbooks.Where(playbook => availability.Of(playbook).Count == 0).ToList();
        if (possible.Count == 0)
        {
            return "I cannot help with that: no playbooks and no language model are configured.";
        }

        var lines = possible.Select(playbook => $"- {playbook.Title}, for example “{playbook.Examples[0]}”");
        var why = withoutModel ? " No language model is configured, so I only understand requests like these:" : " These are the things that I can do:";
        return $"I do not know how to do that, so I did nothing.{why}\n{string.Join('\n', lines)}";
    }

    /// <summary>Which playbooks work with a tenant's operations.</summary>
    private sealed class Availability(IReadOnlyList<ConnectorOperation> operations)
    {
        private readonly ConditionalWeakTable<Playbook, IReadOnlyList<DefinitionError>> _faults = [];

        public IReadOnlyList<DefinitionError> Of(Playbook playbook) => _faults.GetValue(playbook, key => PlaybookCatalog.CheckOperations(key, operations));
    }
}

/// <summary>How a run is answered.</summary>
/// <param name="Choice">What is recorded.</param>
/// <param name="Playbook">The playbook to work off.</param>
/// <param name="Outcome">The end, when there is nothing to work off.</param>
internal sealed record Selection(StrategyChosen Choice, Playbook? Playbook, RunOutcome? Outcome);
