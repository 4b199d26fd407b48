# What a script with Mail::IMAPClient does: give it host, port, name and password; it says what it found, line by line.
use strict;
use warnings;
$| = 1;
use Mail::IMAPClient;
use Mail::IMAPClient::BodyStructure;

my ($host, $port, $user, $password, $other) = @ARGV;
my $imap = Mail::IMAPClient->new(
    Server => $host, Port => $port, User => $user, Password => $password, Uid => 1,
    Ssl => [ SSL_verify_mode => 0 ], Authmechanism => 'PLAIN',
) or die "login: $@";

sub say_it { print join(' ', map { defined $_ ? $_ : 'undef' } @_), "\n" }
sub sure { my ($what, @values) = @_; die "$what: " . $imap->LastError unless @values && defined $values[0]; @values }

$imap->has_capability('COMPRESS=DEFLATE') and sure('compress', $imap->compress);
sure('id', $imap->tag_and_run('ID ("name" "script")'));
say_it('folders', sort $imap->folders);
say_it('namespace', $imap->namespace->[1][0][0]);
sure('create', $imap->create('Perl "quoted" name'));
say_it('exists', $imap->exists('Perl "quoted" name') ? 1 : 0, $imap->exists('Nowhere') ? 1 : 0);
sure('append', $imap->append_string('Perl "quoted" name', "Subject: from perl\r\n\r\nbody\r\n", '\Seen', '17-Jul-1996 02:44:25 -0700'));
sure('select', $imap->select('INBOX'));
my @all = sure('messages', $imap->messages);
say_it('count', scalar @all, 'unseen', scalar $imap->unseen_count);
say_it('sorted', map { $imap->subject($_) } $imap->sort('REVERSE SUBJECT', 'UTF-8', 'ALL'));
say_it('threads', scalar @{ $imap->thread('REFERENCES', 'UTF-8', 'ALL') });
my ($one) = sure('search', $imap->search('SUBJECT', \$imap->Quote('one')));
say_it('one', $imap->size($one) > 0 ? 'sized' : 'empty', $imap->internaldate($one) =~ /^ ?\d/ ? 'dated' : 'undated');
my $hash = $imap->fetch_hash([$one], 'FLAGS', 'RFC822.SIZE', 'ENVELOPE', 'BODYSTRUCTURE');
say_it('structure', $hash->{$one}{BODYSTRUCTURE} =~ /charset/i ? 'parsed' : $hash->{$one}{BODYSTRUCTURE});
my $structure = $imap->get_bodystructure($one);
say_it('type', lc $structure->bodytype, lc $structure->bodysubtype, lc $structure->bodyenc);
say_it('envelope', $imap->get_envelope($one)->subject, $imap->get_envelope($one)->from_addresses);
say_it('header', $imap->parse_headers($one, 'Subject', 'Message-ID')->{'Message-ID'}[0]);
say_it('body', $imap->body_string($one) =~ tr,\n,,);
sure('flag', $imap->set_flag('Flagged', $one));
say_it('flags', sort grep { $_ ne '\Recent' } $imap->flags($one));
my ($idle) = sure('idle', $imap->idle);
sure('done', $imap->done($idle));
sure('move', $imap->move('Perl "quoted" name', $one));
$imap->expunge;
say_it('left', scalar(my @left = sure('messages', $imap->messages)));
say_it('status', $imap->status('Perl "quoted" name', 'MESSAGES') ? 'told' : 'untold', $imap->message_count('Perl "quoted" name'));
sure('setacl', $imap->setacl('Perl "quoted" name', $other, 'lr'));
say_it('acl', $imap->getacl('Perl "quoted" name')->{$other});
say_it('rights', $imap->listrights('Perl "quoted" name', $other) ? 'listed' : 'unlisted');
sure('rename', $imap->rename('Perl "quoted" name', 'Perl'));
sure('delete', $imap->delete('Perl'));
sure('logout', $imap->logout);
say_it('end');
