using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FsCheck;
using FsCheck.Fluent;
using Steward.Identity;
using Steward.Schedules;
using Steward.Storage;

namespace Steward.Grains.Tests.Schedules;

public class ScheduleStateTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Apply_TimesThatCannotBeFired_KeepsTheNewestOnly()
    {
        var state = Created();
        for (var minute = 1; minute <= 100; minute++)
        {
            Apply(state, minute, ScheduleRecordTypes.Due, new ScheduleDue { SeenTo = Start.AddMinutes(minute), Times = [Start.AddMinutes(minute)] }, ScheduleJson.Default.ScheduleDue);
        }

        Assert.Equal(Enumerable.Range(77, 24).Select(minute => Start.AddMinutes(minute)), state.Due);
        Assert.Equal(ScheduleState.MaxFires, state.Fires.Count);
        Assert.Equal((Start.AddMinutes(76), ScheduleOutcome.Missed), (state.Fires[^1].At, state.Fires[^1].Outcome));
    }

    [Fact]
    public void Apply_RandomHistory_IsTheSameWithASnapshotAnywhere()
    {
        var histories = from actions in Gen.Choose(0, 4).ListOf()
                        from cut in Gen.Choose(0, 60)
                        select (actions, cut);
        Prop.ForAll(histories.ToArbitrary(), history =>
        {
            var whole = Created();
            var restored = Created();
            for (var i = 0; i < history.actions.Count; i++)
            {
                if (i == history.cut)
                {
                    restored = JsonSerializer.Deserialize(Describe(restored), ScheduleJson.Default.ScheduleState)!;
                }

                Do(whole, i, history.actions[i]);
                Do(restored, i, history.actions[i]);
            }

            Assert.Equal(Describe(whole), Describe(restored));
            Assert.True(whole.Due.Count <= 24 && whole.Fires.Count <= ScheduleState.MaxFires);
            Assert.True(!whole.Paused || whole.Due.Count == 0);
            Assert.Equal(whole.Due.Distinct().Order(), whole.Due);
        }).Check(Config.QuickThrowOnFailure);
    }

    private static void Do(ScheduleState state, int number, int action)
    {
        var at = Start.AddMinutes(number + 1);
        switch (action)
        {
            case 0 when !state.Paused:
                Apply(state, number, ScheduleRecordTypes.Due, new ScheduleDue { SeenTo = at, Times = [at.AddSeconds(-30), at] }, ScheduleJson.Default.ScheduleDue);
                break;
            case 1 when state.Due.Count > 0:
                Apply(state, number, ScheduleRecordTypes.Fired, new ScheduleFire { At = state.Due[0], Outcome = ScheduleOutcome.Started, RunId = $"r-{number}" }, ScheduleJson.Default.ScheduleFire);
                break;
            case 2:
                Apply(state, number, ScheduleRecordTypes.Paused, new ScheduleNote(), ScheduleJson.Default.ScheduleNote);
                break;
            case 3:
                Apply(state, number, ScheduleRecordTypes.Resumed, new ScheduleNote(), ScheduleJson.Default.ScheduleNote);
                break;
            case 4:
                Apply(state, number, ScheduleRecordTypes.Fired, new ScheduleFire { At = at, Outcome = ScheduleOutcome.Started, RunId = $"r-{number}", Manual = true }, ScheduleJson.Default.ScheduleFire);
                break;
        }
    }

    private static ScheduleState Created()
    {
        var state = new ScheduleState();
        var created = new ScheduleCreated
        {
            Spec = new CreateSchedule { Name = "n", Cron = "* * * * *", Text = "say x" },
            Owner = new CallerIdentity { TenantId = "t-acme", UserId = "u-ada", Roles = ["employee"] },
            At = Start,
        };
        Apply(state, 0, ScheduleRecordTypes.Created, created, ScheduleJson.Default.ScheduleCreated);
        return state;
    }

    private static void Apply<T>(ScheduleState state, int number, string type, T content, JsonTypeInfo<T> json) =>
        state.Apply(new JournalEntry { Sequence = number + 1, Type = type, At = Start.AddMinutes(number), Payload = JsonSerializer.SerializeToUtf8Bytes(content, json) });

    private static string Describe(ScheduleState state) => JsonSerializer.Serialize(state, ScheduleJson.Default.ScheduleState);
}
