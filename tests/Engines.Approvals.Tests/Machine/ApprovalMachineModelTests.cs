using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;
using static Steward.Engines.Approvals.Tests.Machine.ApprovalModel;

namespace Steward.Engines.Approvals.Tests.Machine;

/// <summary>
/// Random requests, chains and companies under random votes, repetitions, stale clicks, delegations that come and go, addresses of two people, withdrawals, time, directories that do not answer and processes that die between any two steps, against a model that
/// foretells each answer and each status.
/// </summary>
public sealed class ApprovalMachineModelTests
{
    [Fact]
    public void Play_AnythingAtAnyTime_IsWhatTheModelForetells()
    {
        var plays = from seed in Gen.Choose(0, int.MaxValue - 1)
                    from steps in Gen.Choose(5, 80)
                    select (seed, steps);
        Prop.ForAll(plays.ToArbitrary(), play => new Play(play.seed).Run(play.steps)).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    private sealed class Play
    {
        private readonly Random _random;
        private readonly ApprovalScenario _scenario;
        private readonly ApprovalModel _model;
        private readonly ApprovalWatch _watch;
        private readonly List<(string Type, byte[] Json)> _journal = [];
        private readonly Dictionary<string, (long, string, string)> _told = [];
        private readonly List<(int Person, bool Approves, string? Click)> _clicks = [];
        private (byte[] State, int Entries)? _snapshot;
        private ApprovalState _state = null!;
        private DateTimeOffset _now = ApprovalScenario.Begin;

        public Play(int seed)
        {
            _random = new(seed);
            _scenario = new(_random);
            _model = new(_scenario);
            _watch = new(_scenario);
        }

        public bool Run(int steps)
        {
            Append(ApprovalMachine.Submit(null, _scenario.Request, _now).Events);
            for (var i = 0; i < steps; i++)
            {
                Step();
                Check(_state.Status == _model.Status, $"{_state.Status}, not {_model.Status}");
                Check(_state.Votes.Count() == _model.Votes, $"{_state.Votes.Count()} votes, not {_model.Votes}");
            }

            // Time goes on until nothing is left to do.
            _scenario.Directory.IsDown = false;
            for (var i = 0; ; i++)
            {
                Check(i < 500, "it comes to no end");
                Tick();
                HandOver();
                if (ApprovalMachine.NextAt(_state) is not { } next)
                {
                    break;
                }

                _now = next > _now ? next : _now;
            }

            Check(_watch.Ends == 1 && _state.IsOver, $"ended {_watch.Ends} times");
            Check(_told.Values.ToHashSet().SetEquals(_watch.Notices), "not everybody was told what they had to be, or more");
            Check(_told.Count == _watch.Notices.Count, "somebody was told the same thing under two ids");
            return true;
        }

        private void Step()
        {
            switch (_random.Next(22))
            {
                case < 8:
                    Vote();
                    break;
                case < 10:
                    Repeat();
                    break;
                case < 12:
                    Delegate();
                    break;
                case < 13 when _random.Next(6) == 0:
                    var who = _random.Next(ApprovalScenario.People);
                    Expect(_model.Cancel(who, _now), ApprovalMachine.Cancel(_state, new() { Actor = _scenario.Actor(who), Channel = "api", Reason = "no need" }, _now));
                    break;
                case < 14:
                    Append(ApprovalMachine.Comment(_state, new() { Actor = _scenario.Actor(_random.Next(ApprovalScenario.People)), Text = "why?", Channel = "api" }, _now).Events);
                    _model.Pass(_now);
                    break;
                case < 15:
                    var (operation, isStale) = ("op-" + _random.Next(3), _random.Next(4) == 0);
                    Expect(_model.Consume(operation, isStale, _now), ApprovalMachine.Consume(_state, new() { SubjectHash = isStale ? "other" : _scenario.Request.SubjectHash, OperationId = operation }, _now));
                    break;
                case < 16:
                    HandOver();
                    break;
                case < 17:
                    Die();
                    break;
                case < 18:
                    _scenario.Directory.IsDown = _random.Next(3) == 0;
                    break;
                case < 19 when _random.Next(2) == 0:
                    _scenario.AddDelegation(_random, _now);
                    break;
                case < 19 when _scenario.Delegations.Count > 0:
                    _scenario.Delegations.RemoveAt(_random.Next(_scenario.Delegations.Count));
                    break;
                case < 19:
                    _scenario.Share(_random.Next(1, ApprovalScenario.People));
                    break;
                default:
                    _now += TimeSpan.FromMinutes(_random.Next(1, _random.Next(2) == 0 ? 30 : 600));
                    if (_random.Next(3) > 0)
                    {
                        Tick();
                    }

                    break;
            }
        }

        private void Vote()
        {
            var person = _random.Next(ApprovalScenario.People + 1);
            if (_state.OpenLevel is { } level && _random.Next(3) > 0)
            {
                // More often somebody who is asked.
                var seat = level.Seats[_random.Next(level.Seats.Count)];
                var people = seat.StandIns.Select(standIn => standIn.Person).Append(seat.Person).OfType<PersonRef>().ToList();
                if (people.Count > 0)
                {
                    var one = people[_random.Next(people.Count)];
                    person = ApprovalScenario.NumberOf(one.UserId, one.Email);
                }
            }

            Click(person, _random.Next(4) > 0, _random.Next(2) == 0 ? null : "click-" + _clicks.Count, _random.Next(12) == 0);
        }

        private void Repeat()
        {
            if (_clicks.Count > 0)
            {
                var (person, approves, click) = _clicks[_random.Next(_clicks.Count)];
                for (var i = 0; i < 5; i++)
                {
                    Click(person, _random.Next(8) == 0 ? !approves : approves, click, false);
                }
            }
        }

        private void Click(int person, bool approves, string? click, bool isStale)
        {
            var command = new VoteCommand
            {
                Actor = _scenario.Actor(person),
                Decision = approves ? VoteDecision.Approve : VoteDecision.Reject,
                SubjectHash = isStale ? "another" : _scenario.Request.SubjectHash,
                Channel = "slack",
                OperationId = click,
            };
            var canVote = ApprovalMachine.RightOf(_state, command.Actor).CanVote;
            var foretold = _model.Vote(person, approves, click, isStale, _now);
            Check(foretold != "accepted" || canVote, "a vote counts of somebody who is shown no buttons");
            if (Expect(foretold, ApprovalMachine.Vote(_state, command, _now)))
            {
                _clicks.Add((person, approves, click));
            }
        }

        private void Delegate()
        {
            var (person, to) = (_random.Next(ApprovalScenario.People + 1), _random.Next(ApprovalScenario.People));
            Expect(
                _model.Delegate(person, to, _now),
                ApprovalMachine.Delegate(_state, new() { Actor = _scenario.Actor(person), To = _scenario.Directory.People[FakeDirectory.Mail(ApprovalScenario.Name(to))], Channel = "api" }, _now));
        }

        /// <summary>Carries out an outcome, after the process died before it could and did all again, now and then.</summary>
        private bool Expect(string foretold, ApprovalOutcome outcome)
        {
            var answer = outcome.Refusal is not null ? "refused" : outcome.IsRepeat ? "repeat" : "accepted";
            Check(answer == foretold, $"{answer} ({outcome.Refusal?.Message}), not {foretold}");
            Check(outcome.Refusal is null || outcome.Refusal.Message.Length > 10, "a refusal without a reason");
            Append(outcome.Events);
            return answer == "accepted";
        }

        /// <summary>What the owner does when it wakes.</summary>
        private void Tick()
        {
            _model.Pass(_now);
            for (var i = 0; ; i++)
            {
                Check(i < 50, "work that never ends");
                var due = ApprovalMachine.Due(_state, _now);
                var outcome = due.Kind == DueKind.Nothing ? Redelegate() : Work(due);
                if (outcome is null)
                {
                    break;
                }

                if (_random.Next(10) == 0)
                {
                    // The process dies before the append: all is done again.
                    Die();
                    continue;
                }

                Check(outcome.Events.Count > 0, $"{due.Kind} is due and does nothing");
                Append(outcome.Events);
                _model.Pass(_now);
            }

            if (!_scenario.Directory.IsDown && _state.RetryAt is null && _model.AtOpenLevel(_now) is { } level)
            {
                Check(_state.OpenLevel!.Reminded == level.Reminders, "a reminder is missing, or came early");
                Check(_state.OpenLevel.IsEscalated == level.IsEscalated, "an escalation is missing, or came early");
                _model.CheckDelegations(_now);
            }

            if (_state.IsHandedOver && ApprovalMachine.NextAt(_state) is { } next)
            {
                Check(next > _now, "something is due now that was not done");
                Check(ApprovalMachine.Due(_state, next.AddTicks(-1)).Kind == DueKind.Nothing, "wakes too late");
                Check(ApprovalMachine.Due(_state, next).Kind != DueKind.Nothing, "wakes for nothing");
            }
        }

        private ApprovalOutcome Work(ApprovalDue due)
        {
            try
            {
                switch (due.Kind)
                {
                    case DueKind.FindRoute:
                        return ApprovalMachine.Route(_state, _scenario.Verdict, _now);
                    case DueKind.OpenLevel:
                        return ApprovalMachine.OpenLevel(_state, Done(ChainResolver.ResolveAsync(_scenario.Directory, Query(), default)), _now);
                    case DueKind.Escalate:
                        return ApprovalMachine.Escalate(_state, Done(ChainResolver.ResolveEscalationAsync(_scenario.Directory, Query(), default)), _now);
                    case DueKind.ChangeDelegations:
                        return ApprovalMachine.ChangeDelegations(_state, Done(ChainResolver.ResolveDelegationsAsync(_scenario.Directory, Query(), default)), _now);
                    default:
                        return ApprovalMachine.Advance(_state, _now);
                }
            }
            catch (DirectoryUnavailableException exception)
            {
                return ApprovalMachine.Unavailable(_state, exception.Message, _now);
            }
        }

        /// <summary>What the owner does when nothing is due, but somebody set up a delegation or took one back.</summary>
        private ApprovalOutcome? Redelegate()
        {
            if (!LevelDelegations.HaveChanged(_state, _scenario.Delegations, _now) || _state.RetryAt > _now)
            {
                return null;
            }

            try
            {
                return ApprovalMachine.ChangeDelegations(_state, Done(ChainResolver.ResolveDelegationsAsync(_scenario.Directory, Query(), default)), _now);
            }
            catch (DirectoryUnavailableException exception)
            {
                return ApprovalMachine.DelegationsUnavailable(_state, exception.Message, _now);
            }
        }

        private LevelQuery Query() => LevelQuery.Of(_state, _scenario.Delegations, _now);

        private static T Done<T>(ValueTask<T> task) => task.GetAwaiter().GetResult();

        private void HandOver()
        {
            foreach (var draft in _state.Outbox)
            {
                var recipient = draft.To is { } to ? to.Key : "role:" + draft.Role;
                Check(_told.GetValueOrDefault(draft.NoticeId) is var (sequence, kind, who) && (kind is null || (sequence, kind, who) == (draft.Sequence, draft.Kind, recipient)), "two notices under one id");
                _told[draft.NoticeId] = (draft.Sequence, draft.Kind, recipient);
            }

            // Dead before that is noted: the same notices go out again, with the same ids.
            if (_random.Next(5) == 0)
            {
                Die();
            }
            else if (!_state.IsHandedOver)
            {
                Append([new ApprovalHandedOver { At = _now, NoticesThrough = _state.Version, ListedThrough = _state.ListVersion, RunTold = _state.IsOver }]);
            }
        }

        /// <summary>All that is left is what was appended, with or without a snapshot.</summary>
        private void Die()
        {
            var (state, from) = _snapshot is { } taken && _random.Next(2) == 0 ? (ApprovalEvents.DeserializeState(taken.State), taken.Entries) : (null, 0);
            for (var i = from; i < _journal.Count; i++)
            {
                state = ApprovalState.Apply(state, ApprovalEvents.Deserialize(_journal[i].Type, _journal[i].Json), i + 1);
            }

            Check(ApprovalEvents.SerializeState(state!).AsSpan().SequenceEqual(ApprovalEvents.SerializeState(_state)), "the journal does not hold what was in memory");
            _state = state!;
            if (_random.Next(2) == 0)
            {
                _snapshot = (ApprovalEvents.SerializeState(_state), _journal.Count);
            }
        }

        private void Append(IReadOnlyList<ApprovalEvent> events)
        {
            foreach (var happened in events)
            {
                _journal.Add(ApprovalEvents.Serialize(happened));
                _state = ApprovalState.Apply(_journal.Count == 1 ? null : _state, happened, _journal.Count);
                _model.Observe(happened);
                _watch.Observe(happened, _journal.Count, _state);
            }
        }
    }
}
