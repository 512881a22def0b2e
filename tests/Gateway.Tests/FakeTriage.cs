using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Inference;
using Steward.Triage;

namespace Steward.Gateway.Tests;

/// <summary>Triage in memory: it decides by the first word, and imports are over when they were sent.</summary>
public sealed class FakeTriage
{
    public ConcurrentDictionary<string, TriageDecision> Decisions { get; } = new();

    public ConcurrentQueue<(string User, TriageLabel Label)> Labels { get; } = new();

    public ConcurrentDictionary<string, (TriageImport Import, string Text)> Imports { get; } = new();

    public ConcurrentQueue<FindTickets> Searches { get; } = new();

    public TriageSettings Settings { get; set; } = new();

    public UseTriageHead? Used { get; set; }

    public ITriageClient Of(CallerIdentity identity, Action fail) => new FakeClient(this, identity, fail);

    private sealed class FakeClient(FakeTriage all, CallerIdentity identity, Action fail) : ITriageClient
    {
        public Task<TriageDecision> ClassifyAsync(TriageTicket ticket, CancellationToken cancellationToken = default)
        {
            fail();
            if (ticket.ShortDescription.Length + ticket.Description.Length == 0)
            {
                throw StewardException.Invalid("shortDescription", "must not be blank when description is.");
            }

            var label = (ticket.ShortDescription + " " + ticket.Description).Trim().Split(' ')[0];
            var decision = new TriageDecision
            {
                TicketId = ticket.Id,
                Band = TriageBand.AutoRoute,
                Label = label,
                Confidence = 0.97,
                Top = [new LabelScore(label, 0.97), new LabelScore("Other", 0.02), new LabelScore("Rest", 0.01)],
                Reasons = ["vpn", "category=" + (ticket.Category ?? "none")],
                Similar = [new SimilarTicket { TicketId = "servicenow:1", ShortDescription = "<b>old</b>", Label = label, Similarity = 0.8 }],
                Version = "base:it-topic 1",
                DecidedAt = DateTimeOffset.UnixEpoch,
            };
            if (ticket.Id is { } id)
            {
                all.Decisions[Key(id)] = decision;
            }

            return Task.FromResult(decision);
        }

        public async Task<IReadOnlyList<TriageOutcome>> ClassifyAllAsync(IReadOnlyList<TriageTicket> tickets, CancellationToken cancellationToken = default)
        {
            if (tickets.Count is < 1 or > 100)
            {
                throw StewardException.Invalid("tickets", "must have 1 to 100 entries.");
            }

            var outcomes = new List<TriageOutcome>();
            foreach (var ticket in tickets)
            {
                try
                {
                    outcomes.Add(new TriageOutcome(ticket.Id, await ClassifyAsync(ticket, cancellationToken), null));
                }
                catch (StewardException error)
                {
                    outcomes.Add(new TriageOutcome(ticket.Id, null, error));
                }
            }

            return outcomes;
        }

        public Task<FoundTickets> FindTicketsAsync(FindTickets query, CancellationToken cancellationToken = default)
        {
            fail();
            all.Searches.Enqueue(query);
            return Task.FromResult(new FoundTickets
            {
                Tickets = [new SimilarTicket { TicketId = "servicenow:1", ShortDescription = query.Text, Label = query.Groups?[0] ?? "any", Similarity = 0.8 }],
                Mode = "words and meaning",
                IsComplete = true,
            });
        }

        public Task<WaitingTickets> ListWaitingAsync(long afterSequence = 0, int limit = 50, CancellationToken cancellationToken = default)
        {
            fail();
            return Task.FromResult(new WaitingTickets
            {
                Tickets = [.. all.Decisions.Values.Where(decision => decision.TicketId is not null).Take(limit).Select((decision, i) => new WaitingTicket { Sequence = afterSequence + i + 1, ShortDescription = "waits", Decision = decision })],
                Waiting = 7,
            });
        }

        public Task<TriageDecision> GetDecisionAsync(string ticketId, CancellationToken cancellationToken = default)
        {
            fail();
            return Task.FromResult(all.Decisions.GetValueOrDefault(Key(ticketId)) ?? throw StewardException.NotFound("The decision"));
        }

        public Task<IReadOnlyList<TriageLabelResult>> LabelAsync(IReadOnlyList<TriageLabel> labels, CancellationToken cancellationToken = default)
        {
            fail();
            foreach (var label in labels)
            {
                all.Labels.Enqueue((identity.UserId, label));
            }

            return Task.FromResult<IReadOnlyList<TriageLabelResult>>([.. labels.Select(label => new TriageLabelResult { TicketId = label.TicketId, IsTaken = label.Label != "bad", Problem = label.Label == "bad" ? "label: is bad." : null })]);
        }

        public Task<TriageSettings> GetSettingsAsync(CancellationToken cancellationToken = default)
        {
            fail();
            return Task.FromResult(all.Settings);
        }

        public Task<TriageSettings> SetSettingsAsync(TriageSettings settings, CancellationToken cancellationToken = default)
        {
            RequireAdmin();
            return settings.Version == all.Settings.Version
                ? Task.FromResult(all.Settings = settings with { Version = settings.Version + 1 })
                : throw new StewardException(ErrorCodes.Conflict, "version: is not the one that holds.") { Field = "version" };
        }

        public Task<TriageReport> GetReportAsync(int days = 7, CancellationToken cancellationToken = default)
        {
            RequireAdmin();
            var group = new TriageGroupReport { Label = "Network", Decided = 10, AutoRouted = 7, Reviewed = 2, Said = 4, Overridden = 1, Accuracy = 0.75, MisrouteRate = 0.1, OverrideRate = 0.25 };
            return Task.FromResult(new TriageReport
            {
                From = new DateOnly(2026, 1, 31).AddDays(1 - days),
                To = new DateOnly(2026, 1, 31),
                Groups = [group],
                All = group with { Label = "*" },
                Labels = 1234,
                AutoRouteAt = 0.91,
                ReviewAt = 0.7,
            });
        }

        public Task<TriageHeads> GetHeadsAsync(CancellationToken cancellationToken = default)
        {
            fail();
            return Task.FromResult(new TriageHeads
            {
                Current = all.Used is { } used ? used.Version : "head-2",
                Canary = "head-3",
                CanaryShare = 0.1,
                Heads = [Head("head-3"), Head("head-2"), Head("head-1")],
            });
        }

        public Task<TriageHeads> UseHeadAsync(UseTriageHead command, CancellationToken cancellationToken = default)
        {
            RequireAdmin();
            all.Used = command;
            return GetHeadsAsync(cancellationToken);
        }

        public Task<IReadOnlyList<TriageTraining>> ListTrainingsAsync(CancellationToken cancellationToken = default)
        {
            fail();
            return Task.FromResult<IReadOnlyList<TriageTraining>>([Training("x-2", TriageTrainingState.RolledBack), Training("x-1", TriageTrainingState.Promoted)]);
        }

        public Task<TriageTraining> StartTrainingAsync(CancellationToken cancellationToken = default)
        {
            RequireAdmin();
            return Task.FromResult(Training("x-3", TriageTrainingState.Running));
        }

        public Task<TriageHealth> GetHealthAsync(CancellationToken cancellationToken = default)
        {
            RequireAdmin();
            return Task.FromResult(new TriageHealth { InputDrift = 0.3, IsInputDrifting = true, LabelDrift = 0.01, LabelNoise = 0.04, SuspectTickets = ["servicenow:1"], HeldBackPeople = ["u-odd"], At = DateTimeOffset.UnixEpoch });
        }

        public async Task<TriageImport> ImportAsync(Func<Stream> open, string? operationId = null, CancellationToken cancellationToken = default)
        {
            RequireAdmin();
            await using var file = open();
            using var reader = new StreamReader(file, Encoding.UTF8);
            var text = await reader.ReadToEndAsync(cancellationToken);
            if (text.Length == 0)
            {
                throw StewardException.Invalid("body", "must be comma-separated text whose first line names the columns.");
            }

            var import = new TriageImport
            {
                Id = "m-" + (operationId ?? Guid.NewGuid().ToString("n")),
                State = TriageImportState.Done,
                Bytes = text.Length,
                BytesRead = text.Length,
                Rows = 2,
                BadRows = 1,
                Problems = [new TriageImportProblem { Line = 3, Problem = "has no label." }],
                StartedAt = DateTimeOffset.UnixEpoch,
                EndedAt = DateTimeOffset.UnixEpoch,
            };
            return all.Imports.GetOrAdd(Key(import.Id), (import, text)).Import;
        }

        public Task<TriageImport> GetImportAsync(string importId, CancellationToken cancellationToken = default)
        {
            RequireAdmin();
            return Task.FromResult(all.Imports.TryGetValue(Key(importId), out var found) ? found.Import : throw StewardException.NotFound("The import"));
        }

        public Task<IReadOnlyList<TriageImport>> ListImportsAsync(CancellationToken cancellationToken = default)
        {
            RequireAdmin();
            return Task.FromResult<IReadOnlyList<TriageImport>>([.. all.Imports.Where(pair => pair.Key.StartsWith(Key(""), StringComparison.Ordinal)).Select(pair => pair.Value.Import)]);
        }

        public async IAsyncEnumerable<TriageImport> WatchImportAsync(string importId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var import = await GetImportAsync(importId, cancellationToken);
            yield return import with { State = TriageImportState.Running, BytesRead = 1, EndedAt = null };
            yield return import;
        }

        public async Task<TriageImport> CancelImportAsync(string importId, CancellationToken cancellationToken = default) =>
            await GetImportAsync(importId, cancellationToken) with { State = TriageImportState.Cancelled };

        private static TriageHeadInfo Head(string version) => new() { Version = version, AddedAt = DateTimeOffset.UnixEpoch, Tickets = 1000, Labels = 8, ThroughSequence = 1000, Accuracy = 0.9, AutoRouteAt = 0.91, Routed = 100, Said = 20, Overridden = 2 };

        private static TriageTraining Training(string id, TriageTrainingState state) => new()
        {
            Id = id,
            State = state,
            StartedAt = DateTimeOffset.UnixEpoch,
            HeadVersion = "head-2",
            Tickets = 1000,
            FrozenTickets = 200,
            ChampionAccuracy = 0.88,
            ChallengerAccuracy = 0.9,
            Reason = "Better overall and no worse in any group.",
        };

        private string Key(string id) => $"{identity.TenantId} {id}";

        private void RequireAdmin()
        {
            fail();
            if (!identity.Roles.Contains(WellKnownRoles.Admin))
            {
                throw StewardException.Forbidden("Only an admin of the tenant may do this.");
            }
        }
    }
}
