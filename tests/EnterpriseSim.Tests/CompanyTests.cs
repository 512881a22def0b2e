namespace Steward.EnterpriseSim.Tests;

public sealed class CompanyTests
{
    private readonly Company acme = Company.Acme();

    [Fact]
    public void Acme_Has60PeopleInFourOfficesUnderOneChief()
    {
        Assert.Equal(60, acme.People.Count);
        Assert.Equal(60, acme.People.Select(p => p.Email).Distinct().Count());
        Assert.Equal(["Austin", "Bengaluru", "Berlin", "Paris"], acme.People.Select(p => p.City).Distinct().Order());
        var chief = Assert.Single(acme.People, p => p.Manager is null);
        Assert.All(acme.People, person =>
        {
            var top = person;
            for (var steps = 0; acme.ManagerOf(top) is { } manager; steps++)
            {
                Assert.True(steps < 10, $"{person.Login} has no way to the top.");
                top = manager;
            }

            Assert.Same(chief, top);
        });
    }

    [Fact]
    public void Acme_HasTheStatusesThatTestsNeed()
    {
        Assert.Equal(3, acme.People.Count(p => p.Status == "LOCKED_OUT"));
        Assert.Single(acme.People, p => p.Status == "DEPROVISIONED");
        Assert.Single(acme.People, p => p.Admin);
        Assert.Single(acme.People.GroupBy(p => p.First), g => g.Count() > 1);
        Assert.Equal(2, acme.People.Select(p => p.First).GroupBy(f => f).Max(g => g.Count()));
        Assert.Contains(acme.Applications, a => a.RequiresApproval);
    }

    [Fact]
    public async Task Start_WithTheSameSeed_HoldsTheSameIds()
    {
        await using var one = await EnterpriseSimulation.StartAsync();
        await using var two = await EnterpriseSimulation.StartAsync();
        await using var other = await EnterpriseSimulation.StartAsync(new() { Seed = 2 });

        string Id(EnterpriseSimulation sim) => (string)sim.State.OktaUser("ada.lovelace")!["id"]!;

        Assert.Equal(Id(one), Id(two));
        Assert.NotEqual(Id(one), Id(other));
    }

    [Fact]
    public async Task People_AreTheSameInEverySystem()
    {
        await using var sim = await EnterpriseSimulation.StartAsync();
        var users = sim.State.ServiceNowTable("sys_user").ToDictionary(u => u["user_name"]);

        Assert.All(acme.People, person =>
        {
            Assert.Equal(person.Name, (string?)sim.State.OktaUser(person.Email)!["profile"]!["displayName"]);
            Assert.Equal(person.Email, users[person.Login]["email"]);
            Assert.Equal(person.Manager is null, users[person.Login]["manager"].Length == 0);
        });
    }
}
