using Steward.Engines.Triage.Learning;
using Steward.Engines.Triage.Monitoring;
using Steward.Engines.Triage.Tests.Learning;

namespace Steward.Engines.Triage.Tests.Monitoring;

public class LabelNoiseTests
{
    [Theory]
    [InlineData(0, 0, 0.06)]
    [InlineData(10, 0.06, 0.17)]
    public void Estimate_SomeLabelsAreWrong_FindsHowManyAndWhich(int percent, double least, double most)
    {
        var desk = new Desk(41);
        var random = new Random(41);
        var wrong = new HashSet<string>();
        var tickets = LabelGuard.Guard(desk.Honest(2000)).Tickets.Select(ticket =>
        {
            if (random.Next(100) >= percent)
            {
                return ticket;
            }

            wrong.Add(ticket.TicketId);
            return ticket with { Label = Desk.Groups[(Array.IndexOf(Desk.Groups, ticket.Label) + 1 + random.Next(3)) % 4] };
        }).ToList();

        var noise = LabelNoise.Estimate(tickets, HeadTraining.Train(tickets, null, 0.95, []).Scores[0].Answers)!;

        Assert.InRange(noise.Share, least, most);
        if (percent > 0)
        {
            Assert.Equal(20, noise.Suspects.Count);
            Assert.InRange(noise.Suspects.Count(wrong.Contains), 18, 20);
        }
    }
}
