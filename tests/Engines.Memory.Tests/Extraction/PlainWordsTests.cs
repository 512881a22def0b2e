using Steward.Engines.Memory.Extraction;

namespace Steward.Engines.Memory.Tests.Extraction;

/// <summary>Ways of saying things that are the same for every slot, each with slots and words that no set has.</summary>
public class PlainWordsTests
{
    [Theory]
    [InlineData("I should like to inform you that my deputy is Rana Aziz.", "deputy", "Rana Aziz")]
    [InlineData("Kindly be advised that I live in Leuven.", "home", "Leuven")]
    [InlineData("May I point out that my shift is 10 to 6?", "hours", "10 to 6")]
    [InlineData("As far as I know, my cost centre is 1200.", "cost centre", "1200")]
    [InlineData("Would you be so kind as to answer in Czech?", "language", "Czech")]
    [InlineData("I'd be grateful if you could contact me by chat.", "contact", "chat")]
    [InlineData("lol i luv window seats", "likes", "window seats")]
    [InlineData("My cost centre has become 1300.", "cost centre", "1300")]
    [InlineData("Diet: halal", "diet", "halal")]
    [InlineData("new desk: B-207", "desk", "B-207")]
    [InlineData("Time zone -> CET", "time zone", "CET")]
    [InlineData("They've put me on the Kestrel project.", "project", "Kestrel")]
    [InlineData("We finally settled in Leuven.", "home", "Leuven")]
    [InlineData("The help desk handed me a ZBook Firefly.", "laptop", "ZBook Firefly")]
    [InlineData("I'm back on the Larkspur team.", "team", "Larkspur")]
    public void Extract_InAnyWrapping_IsTaken(string text, string slot, string value) =>
        Assert.Contains(RuleExtractor.Extract(text), said => !said.IsRetraction && said.Slot == slot && said.Value == value);

    [Theory]
    [InlineData("I used to prefer SMS.", "contact", "SMS")]
    [InlineData("I no longer commute from Leuven.", "home", "Leuven")]
    [InlineData("I stopped running Debian 12.", "system", "Debian 12")]
    [InlineData("Bye bye ZBook Firefly.", "laptop", "ZBook Firefly")]
    [InlineData("Desk -> B-207 (was 17C)", "desk", "17C")]
    [InlineData("Project Kestrel was cancelled.", "project", "Kestrel")]
    public void Extract_WhatHeldOnly_IsTakenBack(string text, string slot, string value) =>
        Assert.Contains(RuleExtractor.Extract(text), said => said.IsRetraction && said.Slot == slot && said.Value == value);

    [Theory]
    [InlineData("My cost centre is 1200. Sorry, I mean 1300.", "cost centre", "1300")]
    [InlineData("My deputy is Rana Aziz. Correction: Ruth Adler.", "deputy", "Ruth Adler")]
    [InlineData("My time zone is CET. Make that EET.", "time zone", "EET")]
    [InlineData("Ignore the desk number I gave you. The right one is B-207.", "desk", "B-207")]
    public void Extract_AnotherValueForTheLast_IsTakenLast(string text, string slot, string value)
    {
        var said = RuleExtractor.Extract(text)[^1];

        Assert.Equal((slot, value, false), (said.Slot, said.Value, said.IsRetraction));
    }

    [Theory]
    [InlineData("VPN down. Location: Berlin. Error 619.")]
    [InlineData("Subject: new starter\nManager: Ruth Adler\nDesk: B-207")]
    [InlineData("Requester: Tom\nOffice: Porto\nManager: Ruth Adler")]
    [InlineData("Manager: who approves this?")]
    [InlineData("New office is nice.")]
    [InlineData("Team update: we ship on Friday.")]
    [InlineData("New laptop would be great.")]
    [InlineData("I mean it.")]
    [InlineData("Make that two.")]
    [InlineData("Correction: the meeting is at ten.")]
    [InlineData("I used to think that it works.")]
    [InlineData("I no longer see the ticket.")]
    [InlineData("I stopped receiving mails.")]
    [InlineData("Bye for now, Tom.")]
    [InlineData("May I ask who my manager is?")]
    [InlineData("Would you be so kind as to reset my password?")]
    [InlineData("Moved the ticket to Legal.")]
    [InlineData("Switched from WiFi to cable.")]
    [InlineData("They put me on hold.")]
    [InlineData("I'm back in a minute.")]
    [InlineData("I was given a ticket number.")]
    [InlineData("I was told that she ended up in the Porto office.")]
    [InlineData("Disregard my last message.")]
    [InlineData("I believe the printer is broken.")]
    public void Extract_NearToAWayOfSaying_TakesNothing(string text) => Assert.Empty(RuleExtractor.Extract(text));
}
