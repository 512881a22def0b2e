using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Definitions;
using Steward.Engines.Orchestration.Expressions;
using Steward.Engines.Orchestration.Playbooks;
using Steward.Engines.Orchestration.React;

namespace Steward.Engines.Orchestration;

/// <summary>Decides how a message is answered. Deterministic, calls nothing.</summary>
internal sealed class StrategySelector(OrchestrationOptions options)
{
    private const double OfferThreshold = 0.3;

    private static readonly ConditionalWeakTable<IReadOnlyList<ConnectorOperation>, Availability> Availabilities = [];

    private static readonly Phrase[] No = [.. new[] { "no", "nope", "cancel", "never mind", "nevermind", "forget it", "stop", "nothing", "none" }.Select(Phrase.Parse)];

    private static readonly Phrase[] Yes = [.. new[] { "yes", "yep", "yeah", "sure", "ok", "okay", "please do", "go ahead", "do it", "correct", "right", "exactly" }.Select(Phrase.Parse)];

    private static readonly string[] Ordinals = ["first", "second", "third", "fourth", "fifth"];

    public Selection Select(RunInput input, PlaybookCatalog catalog, IReadOnlyList<ConnectorOperation> operations, IChatModel? model)
    {
        var message = new MessageText(input.Text);
        if (options.Strategy == "react")
        {
            return model is null
                ? Nothing(input, "no model", "No language model is configured (OPENAI_API_KEY), and this installation answers with a model only.", "not_configured")
                : React("configured", model);
        }

        var useModel = options.Strategy == "auto" ? model : null;
        var availability = Availabilities.GetValue(operations, key => new Availability(key));
        var matches = PlaybookMatcher.Match(catalog.Playbooks, message, input.Requester, input.WorkingMemory);
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

        switch (confident)
        {
            case [var only]:
                return Check(Begin(input, message, only.Playbook, $"the message asks for “{only.Playbook.Title}” (score {only.Score:0.00})", null), availability);
            case [_, _, ..] when useModel is null:
                return Ask(input, confident, "Which one do you mean?", "the message fits several playbooks");
            case [_, _, ..]:
                return React("the message fits several playbooks", useModel);
            default:
                break;
        }

        if (useModel is not null)
        {
            return React("no playbook fits", useModel);
        }

        var offers = matches.Where(match => match.Score >= OfferThreshold).Take(3).ToList();
        return offers.Count > 0
            ? Ask(input, offers, offers.Count == 1 ? "Shall I do this? Answer “yes”, or tell me more." : "Is it one of these?", "no playbook fits for sure")
            : Nothing(input, "no playbook fits", Offer(catalog, availability, model is null), null);
    }

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

    private static Selection React(string reason, IChatModel model) => new(
        new StrategyChosen { Strategy = "react", Reason = reason, Model = model.Name, PromptVersion = ReactPrompt.Version }, null, null);

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
